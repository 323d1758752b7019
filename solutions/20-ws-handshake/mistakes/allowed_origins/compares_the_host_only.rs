//! hint: scheme-and-port
//! Compares hosts, and neither scheme nor port.

pub fn status(fields: &[(String, String)], allowed: &[String]) -> u16 {
    let host = |origin: &str| {
        let (_, authority) = origin.split_once("://")?;
        let host = authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host);
        let is_host = host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        is_host.then(|| host.to_lowercase())
    };
    let mut origins = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Origin"))
        .map(|(_, value)| value);
    let is_allowed = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => host(origin)
            .is_some_and(|page| allowed.iter().any(|one| host(one) == Some(page.clone()))),
        _ => false,
    };
    if is_allowed { 101 } else { 403 }
}
