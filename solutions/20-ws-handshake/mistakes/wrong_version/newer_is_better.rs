//! hint: another-version
//! Lets everything from 13 on in.

pub const VERSION: &str = "13";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub fields: Vec<(&'static str, &'static str)>,
}

pub fn check_version(fields: &[(String, String)]) -> Result<(), Response> {
    let version = fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("Sec-WebSocket-Version"))
        .and_then(|(_, value)| value.parse::<u32>().ok());
    if version.is_some_and(|version| version >= 13) {
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
