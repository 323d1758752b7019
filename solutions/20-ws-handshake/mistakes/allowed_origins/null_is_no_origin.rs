//! hint: null-is-a-page
//! Takes null for "no origin": a page in a sandbox says it.

pub fn status(fields: &[(String, String)], allowed: &[String]) -> u16 {
    let mut origins = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Origin"))
        .map(|(_, value)| value);
    let is_allowed = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => {
            origin == "null" || allowed.iter().any(|one| one.eq_ignore_ascii_case(origin))
        }
        _ => false,
    };
    if is_allowed { 101 } else { 403 }
}
