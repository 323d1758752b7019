//! hint: one-version
//! Looks at the first field only.

pub const VERSION: &str = "13";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub fields: Vec<(&'static str, &'static str)>,
}

pub fn check_version(fields: &[(String, String)]) -> Result<(), Response> {
    let mut versions = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Sec-WebSocket-Version"))
        .map(|(_, value)| value.as_str());
    if versions.next() == Some(VERSION) {
        return Ok(());
    }
    Err(Response {
        status: 426,
        fields: vec![
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", VERSION),
        ],
    })
}
