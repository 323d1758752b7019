//! Exercise: one subprotocol of those that both sides speak.

/// The server says something that the client has not asked for: the client closes the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// The server's part: which of the subprotocols that it speaks, the best first, does the client offer
/// in the fields of its request? It goes into the answer's field `Sec-WebSocket-Protocol`; with `None`,
/// the answer has no such field, and there is a WebSocket without a subprotocol (RFC 6455, section
/// 4.2.2). What the client sends then is up to the client.
///
/// The offer is a list: names between commas, with spaces and tabs around them, in one field
/// `Sec-WebSocket-Protocol` or in several. A name is the same in the same case only: `Chat` is not
/// `chat`.
///
/// What will come: the field's name in any case; no offer; one name and many, none of them spoken, or
/// several, in another order than the server's; names that begin like a spoken one, or hold it; lists
/// without spaces, or with nothing between two commas.
///
/// Example: a server that speaks `chat.v2` and `chat.v1`, and `Sec-WebSocket-Protocol: chat.v1, chat.v2`:
/// `Some("chat.v2")`.
pub fn choose(fields: &[(String, String)], spoken: &[String]) -> Option<String> {
    // BEGIN SOLUTION: collect all names that are offered; the first of the spoken ones that is among them
    let offered: Vec<&str> = values(fields)
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let mut both = spoken
        .iter()
        .filter(|name| offered.contains(&name.as_str()));
    both.next().cloned()
    // END SOLUTION
}

/// The client's part: what has the server chosen, in the fields of its answer, of those that were
/// `offered`? `None` when it says nothing: it speaks none of them, and the client decides whether it
/// goes on without one.
///
/// What will come: the field's name in any case; no field; one of the offered; anything else, below.
///
/// Example: `chat.v1` and `chat.v2` were offered, and the server says `Sec-WebSocket-Protocol:
/// chat.v2`: `Ok(Some("chat.v2"))`.
///
/// # Errors
/// [`Refused`] for a name that was not offered, in exactly this case; for a list, even of offered
/// names; for a name with nothing in it; and for two fields, even equal ones. A server chooses one
/// (RFC 6455, section 4.1).
pub fn chosen(offered: &[String], fields: &[(String, String)]) -> Result<Option<String>, Refused> {
    // BEGIN SOLUTION: no field: none; one: it must be one of the offered, whole; two: refuse
    let mut values = values(fields);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(name), None) if offered.contains(name) => Ok(Some(name.clone())),
        _ => Err(Refused),
    }
    // END SOLUTION
}

/// The values of all fields `Sec-WebSocket-Protocol`. This part is given.
fn values(fields: &[(String, String)]) -> impl Iterator<Item = &String> {
    fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Sec-WebSocket-Protocol"))
        .map(|(_, value)| value)
}
