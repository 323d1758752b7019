//! hint: whole-tokens
//! Is content when the letters stand anywhere in the value.

pub fn asks_for_websocket(fields: &[(String, String)]) -> bool {
    let has_token = |wanted_name: &str, wanted: &str| {
        fields
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted_name))
            .map(|(_, value)| value.to_lowercase())
            .any(|token| token.contains(&wanted.to_lowercase()))
    };
    has_token("Upgrade", "websocket") && has_token("Connection", "Upgrade")
}
