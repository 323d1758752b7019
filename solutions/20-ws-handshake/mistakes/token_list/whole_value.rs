//! hint: list-of-tokens
//! Compares the whole value, as if there could be only one token.

pub fn asks_for_websocket(fields: &[(String, String)]) -> bool {
    let has_token = |wanted_name: &str, wanted: &str| {
        fields.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case(wanted_name) && value.eq_ignore_ascii_case(wanted)
        })
    };
    has_token("Upgrade", "websocket") && has_token("Connection", "Upgrade")
}
