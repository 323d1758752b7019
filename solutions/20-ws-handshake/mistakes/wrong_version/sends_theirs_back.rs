//! hint: name-the-version
//! Names the version that the client has named.

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
    let version = (versions.next(), versions.next());
    if version == (Some(VERSION), None) {
        return Ok(());
    }
    let theirs = ["7", "8", "9", "10", "11", "12"]
        .into_iter()
        .find(|one| version.0 == Some(one));
    Err(Response {
        status: 426,
        fields: vec![
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", theirs.unwrap_or("0")),
        ],
    })
}
