//! hint: whole-origin
//! Looks at how the host ends, for the sake of subdomains.

pub fn status(fields: &[(String, String)], allowed: &[String]) -> u16 {
    let mut origins = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Origin"))
        .map(|(_, value)| value);
    let is_allowed = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => allowed.iter().any(|one| {
            let host = one.split("://").last().unwrap_or(one).to_lowercase();
            origin.eq_ignore_ascii_case(one) || origin.to_lowercase().ends_with(&host)
        }),
        _ => false,
    };
    if is_allowed { 101 } else { 403 }
}
