//! hint: no-origin-no-browser
//! Refuses what sends no Origin, and so every program that is no browser.

pub fn status(fields: &[(String, String)], allowed: &[String]) -> u16 {
    let mut origins = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Origin"))
        .map(|(_, value)| value);
    let is_allowed = match (origins.next(), origins.next()) {
        (None, _) => false,
        (Some(origin), None) => allowed.iter().any(|one| one.eq_ignore_ascii_case(origin)),
        _ => false,
    };
    if is_allowed { 101 } else { 403 }
}
