//! hint: one-origin
//! Looks at the first of two origins.

pub fn status(fields: &[(String, String)], allowed: &[String]) -> u16 {
    let origin = fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("Origin"));
    let is_allowed =
        origin.is_none_or(|(_, origin)| allowed.iter().any(|one| one.eq_ignore_ascii_case(origin)));
    if is_allowed { 101 } else { 403 }
}
