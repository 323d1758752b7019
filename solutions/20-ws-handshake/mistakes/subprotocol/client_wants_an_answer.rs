//! hint: silence-is-an-answer
//! The client leaves when the server chooses nothing.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

pub fn choose(fields: &[(String, String)], spoken: &[String]) -> Option<String> {
    let offered: Vec<&str> = values(fields)
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let mut both = spoken
        .iter()
        .filter(|name| offered.contains(&name.as_str()));
    both.next().cloned()
}

pub fn chosen(offered: &[String], fields: &[(String, String)]) -> Result<Option<String>, Refused> {
    let mut values = values(fields);
    match (values.next(), values.next()) {
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
