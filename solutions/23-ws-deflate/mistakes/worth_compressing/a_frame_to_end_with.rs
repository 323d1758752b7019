//! hint: whole-frames
//! Ends a payload of whole frames with an empty one.

pub const WORTH_IT: usize = 64;

pub const MAX_FRAME: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    Continuation,
    Text,
    Binary,
    Ping,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub fin: bool,
    pub rsv1: bool,
    pub opcode: Opcode,
    pub payload: Vec<u8>,
}

pub fn frames(
    opcode: Opcode,
    message: &[u8],
    mut compress: impl FnMut(&[u8]) -> Vec<u8>,
) -> Vec<Frame> {
    let is_compressed = opcode != Opcode::Ping && message.len() >= WORTH_IT;
    let payload = match is_compressed {
        true => compress(message),
        false => message.to_vec(),
    };
    let mut parts: Vec<&[u8]> = payload.chunks(MAX_FRAME).collect();
    if payload.len().is_multiple_of(MAX_FRAME) {
        parts.push(&[]);
    }
    let last = parts.len() - 1;
    let frame = |(nth, part): (usize, &[u8])| Frame {
        fin: nth == last,
        rsv1: nth == 0 && is_compressed,
        opcode: if nth == 0 {
            opcode
        } else {
            Opcode::Continuation
        },
        payload: part.to_vec(),
    };
    parts.into_iter().enumerate().map(frame).collect()
}
