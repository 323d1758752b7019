//! hint: several-fields
//! A map keeps the last field of each name.

pub fn asks_for_websocket(fields: &[(String, String)]) -> bool {
    let map: std::collections::HashMap<String, &str> = fields
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.as_str()))
        .collect();
    let has_token = |wanted_name: &str, wanted: &str| {
        map.get(wanted_name).is_some_and(|value| {
            let mut tokens = value.split(',');
            tokens.any(|token| token.trim().eq_ignore_ascii_case(wanted))
        })
    };
    has_token("upgrade", "websocket") && has_token("connection", "upgrade")
}
