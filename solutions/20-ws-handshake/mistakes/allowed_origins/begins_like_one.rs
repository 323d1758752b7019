//! hint: whole-origin
//! Looks at how the origin begins.

pub fn status(fields: &[(String, String)], allowed: &[String]) -> u16 {
    let mut origins = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Origin"))
        .map(|(_, value)| value);
    let is_allowed = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => allowed
            .iter()
            .any(|one| origin.to_lowercase().starts_with(&one.to_lowercase())),
        _ => false,
    };
    if is_allowed { 101 } else { 403 }
}
