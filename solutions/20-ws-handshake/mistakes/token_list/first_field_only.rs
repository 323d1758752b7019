//! hint: several-fields
//! Looks at the first field of each name.

pub fn asks_for_websocket(fields: &[(String, String)]) -> bool {
    let has_token = |wanted_name: &str, wanted: &str| {
        let mut all = fields.iter();
        let field = all.find(|(name, _)| name.eq_ignore_ascii_case(wanted_name));
        field.is_some_and(|(_, value)| {
            let mut tokens = value.split(',');
            tokens.any(|token| token.trim().eq_ignore_ascii_case(wanted))
        })
    };
    has_token("Upgrade", "websocket") && has_token("Connection", "Upgrade")
}
