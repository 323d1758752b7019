//! hint: around-a-token
//! Ends the list at the first place with nothing between two commas.

pub fn asks_for_websocket(fields: &[(String, String)]) -> bool {
    let has_token = |wanted_name: &str, wanted: &str| {
        fields
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted_name))
            .flat_map(|(_, value)| {
                value
                    .split(',')
                    .take_while(|token| !token.trim().is_empty())
            })
            .any(|token| token.trim().eq_ignore_ascii_case(wanted))
    };
    has_token("Upgrade", "websocket") && has_token("Connection", "Upgrade")
}
