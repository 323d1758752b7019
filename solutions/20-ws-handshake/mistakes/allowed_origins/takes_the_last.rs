//! hint: one-origin
//! A map keeps the last of two origins.

pub fn status(fields: &[(String, String)], allowed: &[String]) -> u16 {
    let map: std::collections::HashMap<String, &str> = fields
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.as_str()))
        .collect();
    let is_allowed = map
        .get("origin")
        .is_none_or(|origin| allowed.iter().any(|one| one.eq_ignore_ascii_case(origin)));
    if is_allowed { 101 } else { 403 }
}
