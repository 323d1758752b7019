//! hint: text-not-number
//! Makes a number of the version: 013 and +13 are one too.

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
    if matches!((versions.next(), versions.next()), (Some(one), None) if one.parse() == Ok(13)) {
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
