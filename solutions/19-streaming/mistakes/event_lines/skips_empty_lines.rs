//! hint: empty-lines-are-lines
//! Leaves out the lines with nothing in them.

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
    for line in data.replace("\r\n", "\n").split(['\r', '\n']) {
        if line.is_empty() {
            continue;
        }
        event += &format!("data: {line}\n");
    }
    Ok(event + "\n")
}
