//! hint: no-data-no-event
//! Writes no field for no text.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

pub fn encode(id: Option<u64>, name: Option<&str>, data: &str) -> Result<String, Refused> {
    let mut event = String::new();
    if let Some(id) = id {
        event += &format!("id: {id}\n");
    }
    if let Some(name) = name {
        if name.contains(['\r', '\n']) {
            return Err(Refused);
        }
        event += &format!("event: {name}\n");
    }
    if !data.is_empty() {
        for line in data.replace("\r\n", "\n").split(['\r', '\n']) {
            event += &format!("data: {line}\n");
        }
    }
    Ok(event + "\n")
}
