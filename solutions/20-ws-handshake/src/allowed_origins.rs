//! Exercise: only these pages may connect.

/// The status with which a request for a WebSocket is answered: 101, it may come in, or 403 Forbidden.
///
/// A browser lets every page connect to every server, sends that server's cookies along, and says in
/// the field `Origin` where the page is from: scheme, host, and the port unless it is the scheme's own.
/// No page can change what stands there. So the server must look, or any page that a user happens to
/// open speaks in that user's name (RFC 6455, section 10.2).
///
/// A request may come in when its origin is one of those `allowed`, whole, and in any case; and when
/// it says none: then it is no browser, which could say anything, and has nobody's cookies.
///
/// What will come: the field's name in any case; allowed origins, and those that look like one:
/// another host that begins or ends like it, another scheme, another port, a part of it, more than it;
/// `null`, and nothing, as the value; two fields `Origin`, which no browser sends: 403, also when one
/// of them, or both, would be right; a `Host` or `Referer` that would be right; nobody allowed.
///
/// Example: with `https://chat.example` allowed, `Origin: https://chat.example` is 101, and
/// `Origin: https://chat.example.evil.example` is 403.
pub fn status(fields: &[(String, String)], allowed: &[String]) -> u16 {
    // BEGIN SOLUTION: none: let it in; one: compare it whole with each of those allowed; two: refuse
    let mut origins = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Origin"))
        .map(|(_, value)| value);
    let is_allowed = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => allowed.iter().any(|one| one.eq_ignore_ascii_case(origin)),
        _ => false,
    };
    if is_allowed { 101 } else { 403 }
    // END SOLUTION
}
