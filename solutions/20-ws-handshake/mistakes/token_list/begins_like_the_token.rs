//! hint: whole-tokens
//! Looks at how a token begins.

pub fn asks_for_websocket(fields: &[(String, String)]) -> bool {
    let has_token = |wanted_name: &str, wanted: &str| {
        fields
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted_name))
            .flat_map(|(_, value)| value.split(','))
            .any(|token| {
                token
                    .trim()
                    .to_lowercase()
                    .starts_with(&wanted.to_lowercase())
            })
    };
    has_token("Upgrade", "websocket") && has_token("Connection", "Upgrade")
}
