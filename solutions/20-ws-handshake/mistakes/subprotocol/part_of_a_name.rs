//! hint: whole-name
//! Looks for the name anywhere in the offer.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

pub fn choose(fields: &[(String, String)], spoken: &[String]) -> Option<String> {
    let offer: Vec<&str> = values(fields).map(String::as_str).collect();
    let offer = offer.join(", ");
    spoken
        .iter()
        .find(|name| offer.contains(name.as_str()))
        .cloned()
}

pub fn chosen(offered: &[String], fields: &[(String, String)]) -> Result<Option<String>, Refused> {
    let mut values = values(fields);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(name), None) if offered.contains(name) => Ok(Some(name.clone())),
        _ => Err(Refused),
    }
}

fn values(fields: &[(String, String)]) -> impl Iterator<Item = &String> {
    fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Sec-WebSocket-Protocol"))
        .map(|(_, value)| value)
}
