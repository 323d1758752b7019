//! Exercise: `Connection` is a list of tokens.

/// Whether the fields of a request ask for a WebSocket on this connection (RFC 6455, section 4.2.1):
/// `Upgrade` has the token `websocket`, and `Connection` has the token `Upgrade`. Neither alone is
/// enough.
///
/// Both fields are lists: tokens between commas, with spaces and tabs around them, or with nothing
/// between two commas. A list may stand in one field, or in several of the same name, which are one
/// list together (RFC 9110, section 5.3). Names of fields and these tokens mean the same in any case.
///
/// What will come: the fields in any order, among others; names and tokens in any case (`UPGRADE:
/// WebSocket`); `Connection: keep-alive, Upgrade`, as Firefox says it; tokens without spaces between
/// them, with tabs, with nothing between two commas; two fields `Connection`; tokens that only look
/// like it (`upgrade-insecure-requests`, `websocket2`); the right tokens in the wrong fields; no
/// fields at all.
///
/// Example: with `Connection: keep-alive, Upgrade` and `Upgrade: websocket` this is true.
pub fn asks_for_websocket(fields: &[(String, String)]) -> bool {
    // BEGIN SOLUTION: for each of the two: of all fields with this name, all tokens between commas, without what is around them, is one the right one?
    let has_token = |wanted_name: &str, wanted: &str| {
        fields
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted_name))
            .flat_map(|(_, value)| value.split(','))
            .any(|token| token.trim().eq_ignore_ascii_case(wanted))
    };
    has_token("Upgrade", "websocket") && has_token("Connection", "Upgrade")
    // END SOLUTION
}
