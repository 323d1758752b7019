//! hint: a-name-is-one-line
//! Looks for LF in the name, and CR ends a line as well.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

pub fn encode(id: Option<u64>, name: Option<&str>, data: &str) -> Result<String, Refused> {
    let mut event = String::new();
    if let Some(id) = id {
        event += &format!("id: {id}\n");
    }
    if let Some(name) = name {
        if name.contains('\n') {
            return Err(Refused);
        }
        event += &format!("event: {name}\n");
    }
    for line in data.replace("\r\n", "\n").split(['\r', '\n']) {
        event += &format!("data: {line}\n");
    }
    Ok(event + "\n")
}
