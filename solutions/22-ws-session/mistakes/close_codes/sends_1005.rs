//! hint: never-on-the-wire
//! Puts the number 1005 into the frame when there is no code.

pub const MAX_CONTROL: usize = 125;

pub const NO_CODE: u16 = 1005;

pub const PROTOCOL_ERROR: u16 = 1002;
pub const NOT_UTF8: u16 = 1007;

pub fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

pub fn read_close(payload: &[u8]) -> Result<(u16, &str), u16> {
    if payload.is_empty() {
        return Ok((NO_CODE, ""));
    }
    let (code, reason) = payload.split_first_chunk().ok_or(PROTOCOL_ERROR)?;
    let code = u16::from_be_bytes(*code);
    if !may_be_sent(code) {
        return Err(PROTOCOL_ERROR);
    }
    let reason = str::from_utf8(reason).map_err(|_| NOT_UTF8)?;
    Ok((code, reason))
}

pub fn write_close(code: u16, reason: &str) -> Option<Vec<u8>> {
    if code == NO_CODE {
        return Some(NO_CODE.to_be_bytes().to_vec());
    }
    if !may_be_sent(code) {
        return None;
    }
    let mut payload = code.to_be_bytes().to_vec();
    let fits = reason.floor_char_boundary(MAX_CONTROL - payload.len());
    payload.extend_from_slice(&reason.as_bytes()[..fits]);
    Some(payload)
}
