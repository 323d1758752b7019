//! hint: status-426
//! Says 400, as for any other mistake of a client.

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
    if (versions.next(), versions.next()) == (Some(VERSION), None) {
        return Ok(());
    }
    Err(Response {
        status: 400,
        fields: vec![
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", VERSION),
        ],
    })
}
