//! hint: list-of-tokens
//! Knows that Connection is a list, and not that Upgrade is one.

pub fn asks_for_websocket(fields: &[(String, String)]) -> bool {
    let has_token = |wanted_name: &str, wanted: &str| {
        fields
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted_name))
            .flat_map(|(_, value)| value.split(','))
            .any(|token| token.trim().eq_ignore_ascii_case(wanted))
    };
    let is_websocket = fields.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("Upgrade") && value.eq_ignore_ascii_case("websocket")
    });
    is_websocket && has_token("Connection", "Upgrade")
}
