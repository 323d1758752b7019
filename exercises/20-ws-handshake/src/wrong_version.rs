//! Exercise: the wrong version gets 426.

/// The version of the protocol that this server speaks. There is no other (RFC 6455, section 11.6):
/// the numbers below it were drafts.
pub const VERSION: &str = "13";

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Such as 101.
    pub status: u16,
    /// Names and values.
    pub fields: Vec<(&'static str, &'static str)>,
}

/// Looks at the version in the fields of a request for a WebSocket: it must say
/// `Sec-WebSocket-Version` once, and the value must be [`VERSION`].
///
/// What will come: the field's name in any case; other versions, above and below; none; two fields,
/// even equal ones; what is no version at all, such as `+13`, `013`, `13.0`, `8, 13` or nothing. A
/// version is the text `13`, and not whatever has that value as a number.
///
/// Example: with `Sec-WebSocket-Version: 13` this is `Ok(())`.
///
/// # Errors
/// The response `426 Upgrade Required`, with three fields: `Sec-WebSocket-Version` names the version
/// that would be right, so that a client that speaks it can ask again (RFC 6455, section 4.4); and
/// `Upgrade: websocket`, with `Connection: Upgrade`, belongs to every 426 (RFC 9110, section 15.5.22).
pub fn check_version(fields: &[(String, String)]) -> Result<(), Response> {
    todo!(
        "exactly one field of this name, and exactly this value; otherwise 426 and its three fields"
    )
}
