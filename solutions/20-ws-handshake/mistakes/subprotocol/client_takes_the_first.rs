//! hint: one-choice
//! The client takes the first of two choices.

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
    match values(fields).next() {
        None => Ok(None),
        Some(name) if offered.contains(name) => Ok(Some(name.clone())),
        Some(_) => Err(Refused),
    }
}

fn values(fields: &[(String, String)]) -> impl Iterator<Item = &String> {
    fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Sec-WebSocket-Protocol"))
        .map(|(_, value)| value)
}
