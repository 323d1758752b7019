//! hint: list-of-tokens
//! Looks at the last token, where Firefox has it.

pub fn asks_for_websocket(fields: &[(String, String)]) -> bool {
    let has_token = |wanted_name: &str, wanted: &str| {
        fields
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted_name))
            .filter_map(|(_, value)| value.split(',').next_back())
            .any(|token| token.trim().eq_ignore_ascii_case(wanted))
    };
    has_token("Upgrade", "websocket") && has_token("Connection", "Upgrade")
}
