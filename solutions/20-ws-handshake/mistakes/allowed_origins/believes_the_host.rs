//! hint: only-origin-counts
//! Lets in a page of the host that was asked for, whoever that is: an attacker's name may lead here.

pub fn status(fields: &[(String, String)], allowed: &[String]) -> u16 {
    let host = fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("Host"))
        .map_or("", |(_, value)| value.as_str());
    let mut origins = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Origin"))
        .map(|(_, value)| value);
    let is_allowed = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => {
            let is_ours = !host.is_empty() && origin.ends_with(&format!("://{host}"));
            is_ours || allowed.iter().any(|one| one.eq_ignore_ascii_case(origin))
        }
        _ => false,
    };
    if is_allowed { 101 } else { 403 }
}
