//! UTF-8 in pieces, beside the standard library's, which sees it whole.

use std::str;

use ws_frames::{Utf8, Violation};

/// Where `bytes` cannot be text any more, whatever comes: how many of them say so.
fn wrong_at(bytes: &[u8]) -> Option<usize> {
    (1..=bytes.len()).find(|end| {
        let known = str::from_utf8(&bytes[..*end]);
        known.is_err_and(|error| error.error_len().is_some())
    })
}

/// Gives `pieces` to a checker. Returns how many bytes had come when it said no, or whether they may end.
fn check<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<bool, usize> {
    let mut utf8 = Utf8::default();
    let mut read = 0;
    for piece in pieces {
        read += piece.len();
        utf8.check(piece).map_err(|_| read)?;
    }
    Ok(utf8.end().is_ok())
}

#[track_caller]
fn assert_same(bytes: &[u8]) {
    let expected = match wrong_at(bytes) {
        Some(at) => Err(at),
        None => Ok(str::from_utf8(bytes).is_ok()),
    };
    assert_eq!(check(bytes.chunks(1)), expected, "{bytes:02x?}");
    for at in 0..=bytes.len() {
        let (first, second) = bytes.split_at(at);
        let found = check([first, second]).map_err(|_| ());
        assert_eq!(found, expected.map_err(|_| ()), "{bytes:02x?} cut at {at}");
    }
}

#[test]
fn all_of_one_and_two_bytes() {
    for first in 0..=u8::MAX {
        assert_same(&[first]);
        for second in 0..=u8::MAX {
            assert_same(&[first, second]);
        }
    }
}

/// The limits of what may stand at each place (RFC 3629, section 4), and beyond them.
#[test]
fn all_limits_of_three_and_four_bytes() {
    let tails = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
    for first in 0xc0..=0xff {
        for second in tails {
            for third in tails {
                assert_same(&[first, second, third]);
                for fourth in tails {
                    assert_same(&[first, second, third, fourth]);
                }
            }
        }
    }
}

#[test]
fn texts_with_a_few_bytes_changed() {
    let letters = [
        'a',
        '\0',
        'é',
        'ß',
        '한',
        '글',
        '\u{ffff}',
        '\u{10ffff}',
        '🌊',
    ];
    for seed in 0..5_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let text: String = (0..random.usize(..12))
            .map(|_| letters[random.usize(..letters.len())])
            .collect();
        let mut bytes = text.into_bytes();
        assert_eq!(check([&*bytes]), Ok(true));
        for _ in 0..random.usize(..3) {
            let at = random.usize(..=bytes.len());
            match random.u8(..3) {
                0 => bytes.insert(at, random.u8(..)),
                1 if at < bytes.len() => drop(bytes.remove(at)),
                _ => bytes.truncate(at),
            }
        }
        assert_same(&bytes);
    }
}

#[test]
fn after_an_end_or_an_error_a_new_text_may_begin() {
    let mut utf8 = Utf8::default();
    for wrong in ["e0 80", "f0 80", "f4 90", "ed a0", "c3 28", "ff"] {
        let bytes = crate::hex(wrong);
        for _ in 0..9 {
            let checked = bytes.chunks(1).try_for_each(|byte| utf8.check(byte));
            assert_eq!(checked, Err(Violation::NotUtf8), "{wrong}");
        }
        assert_eq!(utf8.check("안녕".as_bytes()), Ok(()));
        assert_eq!(utf8.end(), Ok(()));
        assert_eq!(utf8.check(&[0xec, 0x95]), Ok(()));
        assert_eq!(utf8.end(), Err(Violation::NotUtf8));
        assert_eq!(utf8.check(b"a"), Ok(()));
        assert_eq!(utf8.end(), Ok(()));
    }
}
