//! hint: any-case
//! Looks for the name of the field as the RFC writes it, and lets everything else in.

pub fn status(fields: &[(String, String)], allowed: &[String]) -> u16 {
    let mut origins = fields
        .iter()
        .filter(|(name, _)| name == "Origin")
        .map(|(_, value)| value);
    let is_allowed = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => allowed.iter().any(|one| one.eq_ignore_ascii_case(origin)),
        _ => false,
    };
    if is_allowed { 101 } else { 403 }
}
