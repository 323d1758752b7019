use super::{LESSON, Wrong, checked, must};
use ws_session_exercises::close_codes::{
    MAX_CONTROL, NO_CODE, NOT_UTF8, PROTOCOL_ERROR, may_be_sent, read_close, write_close,
};

/// Reasons in Korean: three bytes for each character.
const KOREAN: &str = "잠시 뒤에 다시 오세요";

/// The codes that a close frame may carry, written down another way than in the table.
fn is_good(code: u16) -> bool {
    let of_the_protocol = (1000..1015).contains(&code) && !(1004..1007).contains(&code);
    of_the_protocol || (3000..5000).contains(&code)
}

/// Which hint helps who thinks otherwise about `code`.
fn about(code: u16) -> &'static str {
    match code {
        1004..=1006 | 1015 => "never-on-the-wire",
        3000..=4999 => "for-applications",
        1000..=1014 => "has-a-meaning",
        _ => "means-nothing",
    }
}

fn payload(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

/// What `read_close` says to `payload` must be `expected`.
fn reads(
    payload: &[u8],
    expected: Result<(u16, &str), u16>,
    key: impl FnOnce(Result<(u16, &str), u16>) -> &'static str,
) -> Result<(), Wrong> {
    let got = read_close(payload);
    must(got == expected, key(got), || {
        format!("read_close({payload:02x?}) returned {got:?}; {expected:?} was expected.")
    })
}

#[test]
fn reads_a_code_and_a_reason() {
    LESSON.grade("close_codes", |scene| {
        let reason = scene.random_letters(5);
        checked(scene, "your code", move || {
            for reason in ["", &reason, KOREAN] {
                for code in [1000_u16, 1001, 3001, 4321] {
                    reads(
                        &payload(code, reason),
                        Ok((code, reason)),
                        |got| match got {
                            Ok((got, _)) if got == code.swap_bytes() => "big-endian",
                            Err(_) if !may_be_sent(code) => about(code),
                            Err(_) if read_close(&code.to_le_bytes()).is_ok() => "big-endian",
                            _ => "code-and-reason",
                        },
                    )?;
                }
            }
            Ok(())
        });
    });
}

#[test]
fn an_empty_payload_is_fine() {
    LESSON.grade("close_codes", |scene| {
        checked(scene, "your code", || {
            reads(&[], Ok((NO_CODE, "")), |_| "empty-is-fine")
        });
    });
}

#[test]
fn one_byte_is_no_code() {
    LESSON.grade("close_codes", |scene| {
        let byte: u8 = scene.random().u8(..);
        checked(scene, "your code", move || {
            for byte in [0, 3, byte] {
                reads(&[byte], Err(PROTOCOL_ERROR), |_| "one-byte")?;
            }
            Ok(())
        });
    });
}

#[test]
fn knows_every_code() {
    LESSON.grade("close_codes", |scene| {
        checked(scene, "your code", || {
            // The ones with a story come first.
            let first = [1005, 1006, 1015, 1004, 1012, 3000, 4999, 999, 1016, 5000];
            for code in first.into_iter().chain(0..=u16::MAX) {
                let got = may_be_sent(code);
                must(got == is_good(code), about(code), || {
                    format!("may_be_sent({code}) returned {got}; {} was expected.", !got)
                })?;
            }
            Ok(())
        });
    });
}

#[test]
fn refuses_a_code_that_must_not_be_sent() {
    LESSON.grade("close_codes", |scene| {
        checked(scene, "your code", || {
            for code in [1005, 1006, 1015, 1004, 0, 999, 1016, 2999, 5000, u16::MAX] {
                reads(&payload(code, "ok"), Err(PROTOCOL_ERROR), |_| about(code))?;
            }
            Ok(())
        });
    });
}

#[test]
fn refuses_a_reason_that_is_no_text() {
    LESSON.grade("close_codes", |scene| {
        checked(scene, "your code", || {
            for bytes in [&[0xff][..], &KOREAN.as_bytes()[..4], b"a\xc0\xafb"] {
                let payload = [&1000_u16.to_be_bytes(), bytes].concat();
                reads(&payload, Err(NOT_UTF8), |_| "reason-is-text")?;
            }
            Ok(())
        });
    });
}

/// What `write_close` gives must be `expected`.
fn writes(
    code: u16,
    reason: &str,
    expected: Option<&[u8]>,
    key: &'static str,
) -> Result<(), Wrong> {
    let got = write_close(code, reason);
    must(got.as_deref() == expected, key, || {
        format!(
            "write_close({code}, {reason:?}) returned {got:02x?}; {expected:02x?} was expected."
        )
    })
}

#[test]
fn writes_a_code_and_a_reason() {
    LESSON.grade("close_codes", |scene| {
        let reason = scene.random_letters(5);
        checked(scene, "your code", move || {
            for reason in ["", &reason, KOREAN] {
                for code in [1000_u16, 1013, 3001, 4321] {
                    let expected = payload(code, reason);
                    let swapped = write_close(code, reason)
                        .is_some_and(|got| got.starts_with(&code.to_le_bytes()));
                    let key = if swapped {
                        "big-endian"
                    } else {
                        "code-and-reason"
                    };
                    writes(code, reason, Some(&expected), key)?;
                }
            }
            Ok(())
        });
    });
}

#[test]
fn writes_no_code_as_nothing_and_never_a_forbidden_one() {
    LESSON.grade("close_codes", |scene| {
        checked(scene, "your code", || {
            for reason in ["", "bye"] {
                writes(NO_CODE, reason, Some(&[]), "never-on-the-wire")?;
            }
            for code in [1006, 1015, 1004, 0, 999, 1016, 5000] {
                writes(code, "bye", None, about(code))?;
            }
            Ok(())
        });
    });
}

#[test]
fn cuts_a_long_reason_between_two_characters() {
    LESSON.grade("close_codes", |scene| {
        checked(scene, "your code", || {
            for before in 0..4 {
                // 123 bytes of ASCII, then Korean text that begins at each place in a character.
                for reason in [
                    format!("{}{}", "a".repeat(before), "가".repeat(50)),
                    "b".repeat(121 + before),
                ] {
                    let most = MAX_CONTROL - 2;
                    let fits = (0..=most.min(reason.len()))
                        .rev()
                        .find(|end| reason.is_char_boundary(*end));
                    let expected = payload(1001, &reason[..fits.unwrap_or(0)]);
                    let got = write_close(1001, &reason).unwrap_or_default();
                    let length = got.len();
                    must(length <= MAX_CONTROL, "two-bytes-are-the-code", || {
                        format!(
                            "A reason has {} bytes, and your payload {length}; a control frame carries {MAX_CONTROL} at most.",
                            reason.len()
                        )
                    })?;
                    let is_text = str::from_utf8(got.get(2..).unwrap_or_default()).is_ok();
                    must(is_text, "whole-characters", || {
                        format!(
                            "A reason of {} bytes was cut inside of a character: what is left is no UTF-8.",
                            reason.len()
                        )
                    })?;
                    must(got == expected, "as-much-as-fits", || {
                        format!(
                            "Of a reason of {} bytes your payload has {}; {} fit.",
                            reason.len(),
                            length.saturating_sub(2),
                            expected.len() - 2
                        )
                    })?;
                }
            }
            Ok(())
        });
    });
}
