//! hint: a-field-for-each-line
//! Writes the field's name before the first line only.

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
    event += "data: ";
    for line in data.replace("\r\n", "\n").split(['\r', '\n']) {
        event += &format!("{line}\n");
    }
    Ok(event + "\n")
}
