//! hint: one-space-is-taken-away
//! Writes no space behind the colon, and the client takes one of the text.

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
        event += &format!("data:{line}\n");
    }
    Ok(event + "\n")
}
