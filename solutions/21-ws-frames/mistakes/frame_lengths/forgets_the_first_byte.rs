//! hint: written-in
//! Counts only the bytes behind the first one.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fail(pub u16);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    pub payload: u64,
    pub written_in: usize,
}

pub fn read_length(bytes: &[u8]) -> Result<Option<Length>, Fail> {
    let Some((first, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    let (payload, written_in) = match first & 0x7f {
        126 => match rest.split_first_chunk() {
            Some((two, _)) => (u64::from(u16::from_be_bytes(*two)), 2),
            None => return Ok(None),
        },
        127 => match rest.split_first_chunk() {
            Some((eight, _)) => (u64::from_be_bytes(*eight), 8),
            None => return Ok(None),
        },
        short => (u64::from(short), 1),
    };
    let is_good = match written_in {
        1 => true,
        2 => payload > 125,
        _ => payload > 0xffff && payload < 1 << 63,
    };
    match is_good {
        true => Ok(Some(Length {
            payload,
            written_in,
        })),
        false => Err(Fail(1002)),
    }
}

pub fn write_length(payload: u64, masked: bool) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    match payload {
        0..=125 => vec![mask | payload as u8],
        126..=0xffff => [&[mask | 126][..], &(payload as u16).to_be_bytes()].concat(),
        _ => [&[mask | 127][..], &payload.to_be_bytes()].concat(),
    }
}
