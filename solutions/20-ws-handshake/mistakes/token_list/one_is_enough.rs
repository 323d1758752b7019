//! hint: both-fields
//! Is content with either of the two.

pub fn asks_for_websocket(fields: &[(String, String)]) -> bool {
    let has_token = |wanted_name: &str, wanted: &str| {
        fields
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted_name))
            .flat_map(|(_, value)| value.split(','))
            .any(|token| token.trim().eq_ignore_ascii_case(wanted))
    };
    has_token("Upgrade", "websocket") || has_token("Connection", "Upgrade")
}
