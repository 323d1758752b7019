//! Inputs: good ones, and what mistakes and attacks make of them.

/// Changes in one input, at most.
const MOST_CHANGES: usize = 5;

/// Good inputs that are put behind each other, at most.
const MOST_JOINED: usize = 3;

/// Bytes that one change removes or repeats, at most.
const MOST_BYTES: usize = 12;

/// What inputs are made of.
pub struct Mutation {
    /// Inputs that are good.
    pub corpus: Vec<Vec<u8>>,
    /// What is put into them, or in the place of something.
    pub pieces: Vec<Vec<u8>>,
    /// Whether good inputs behind each other are worth reading.
    pub joins: bool,
}

impl Mutation {
    /// One or more good inputs, and then a few things done to them, or nothing.
    pub fn input(&self, random: &mut fastrand::Rng) -> Vec<u8> {
        let most = if self.joins { MOST_JOINED } else { 1 };
        let mut bytes = Vec::new();
        for _ in 0..random.usize(1..=most) {
            bytes.extend_from_slice(one(random, &self.corpus));
        }
        for _ in 0..random.usize(..MOST_CHANGES) {
            self.change(random, &mut bytes);
        }
        bytes
    }

    fn change(&self, random: &mut fastrand::Rng, bytes: &mut Vec<u8>) {
        let at = random.usize(..=bytes.len());
        let end = (at + random.usize(..MOST_BYTES)).min(bytes.len());
        match random.u8(..7) {
            0 => drop(bytes.drain(at..end)),
            1 => drop(bytes.splice(at..at, one(random, &self.pieces).iter().copied())),
            2 => drop(bytes.splice(at..end, one(random, &self.pieces).iter().copied())),
            3 => {
                let copy = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, copy));
            }
            4 => bytes.truncate(at),
            5 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random.u8(..);
                }
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.u8(..8);
                }
            }
        }
    }
}

fn one<'a>(random: &mut fastrand::Rng, all: &'a [Vec<u8>]) -> &'a [u8] {
    random.choice(all).map_or(&[], Vec::as_slice)
}

/// Where `bytes` are cut into reads. The bytes decide, so that an input says everything.
pub fn cuts(bytes: &[u8]) -> Vec<&[u8]> {
    let seed = bytes.iter().fold(bytes.len() as u64, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(u64::from(*byte))
    });
    let mut random = fastrand::Rng::with_seed(seed);
    // One byte at a time is the hardest; long ones are cut seldom, so that they take no longer than others.
    let longest = random.choice([1, 5, 64, 1000]).unwrap_or(64);
    let longest = longest.max(bytes.len() / 200);
    let mut rest = bytes;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(random.usize(1..=rest.len().min(longest)));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}
