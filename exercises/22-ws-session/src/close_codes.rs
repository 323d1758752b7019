//! Exercise: which close codes are good, and where.

/// Bytes that a control frame may carry (RFC 6455, section 5.5).
pub const MAX_CONTROL: usize = 125;

/// The code that a program is told when the close frame had none. It is never on the wire.
pub const NO_CODE: u16 = 1005;

/// Answers to a close frame that breaks the rules: a protocol error, and text that is no UTF-8.
pub const PROTOCOL_ERROR: u16 = 1002;
/// See [`PROTOCOL_ERROR`].
pub const NOT_UTF8: u16 = 1007;

/// Whether a close frame may carry `code` (RFC 6455, section 7.4, and the registry that it began).
///
/// | codes | |
/// |---|---|
/// | 1000 to 1003, 1007 to 1014 | have a meaning, the last three since after the RFC |
/// | 1004 | is reserved |
/// | 1005, 1006, 1015 | are for programs only: no code came, no close frame came, TLS failed |
/// | 3000 to 3999, 4000 to 4999 | are for libraries, and for everybody |
/// | all others | mean nothing |
///
/// Example: 1000 may, 1006 may not.
pub fn may_be_sent(code: u16) -> bool {
    todo!("say yes to the codes of the table that may stand in a frame, and to no other")
}

/// Reads what a peer's close frame carries: the code and the reason; [`NO_CODE`] and `""` when it
/// carries nothing, which is allowed.
///
/// What will come: nothing; a code alone; a code and a reason in Korean; one byte, which is no code;
/// codes that must not be sent; a reason that is no UTF-8.
///
/// Example: `[0x03, 0xe8, b'o', b'k']` is `Ok((1000, "ok"))`.
///
/// # Errors
/// The code with which the connection is then failed: [`PROTOCOL_ERROR`], and for a reason that is
/// no UTF-8 [`NOT_UTF8`].
pub fn read_close(payload: &[u8]) -> Result<(u16, &str), u16> {
    todo!("nothing is fine; otherwise two bytes of code, the high one first, and a reason in UTF-8")
}

/// What our close frame carries. `None`: such a frame must not be sent.
///
/// [`NO_CODE`] gives an empty payload, whatever the reason is: that is how a frame says that it has
/// no code. The payload has [`MAX_CONTROL`] bytes at most; of a longer reason comes as much as fits,
/// in whole characters.
///
/// Example: `write_close(1000, "ok")` is `Some([0x03, 0xe8, b'o', b'k'])`, `write_close(1006, "")` is
/// `None`.
pub fn write_close(code: u16, reason: &str) -> Option<Vec<u8>> {
    todo!(
        "no code is an empty payload; a code that may be sent is two bytes, and the characters of the reason that fit"
    )
}
