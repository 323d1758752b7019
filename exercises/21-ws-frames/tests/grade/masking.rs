use super::{LESSON, Said, calls, check_each, cuts, text};
use peer::Scene;
use std::fmt;
use ws_frames_exercises::masking::{Fail, Role, Unmask};

/// The pieces of a frame's payload, as they came, or as they have become.
#[derive(Clone, PartialEq)]
struct Pieces(Vec<Vec<u8>>);

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no payload");
        }
        for (nth, piece) in self.0.iter().enumerate() {
            let comma = if nth > 0 { ", " } else { "" };
            write!(f, "{comma}{}", text(piece))?;
        }
        Ok(())
    }
}

type Unmasked = Result<Pieces, Fail>;

/// A frame with its payload in pieces.
#[derive(Clone, Debug)]
struct Frame {
    role: Role,
    key: Option<[u8; 4]>,
    pieces: Vec<Vec<u8>>,
}

impl Frame {
    /// What a peer of ours sends who wants us to read these pieces.
    fn of(role: Role, key: Option<[u8; 4]>, pieces: &[Vec<u8>]) -> Frame {
        let mut pieces = pieces.to_vec();
        if let Some(key) = key {
            let bytes = pieces.iter_mut().flatten();
            bytes
                .zip(key.iter().cycle())
                .for_each(|(byte, key)| *byte ^= key);
        }
        Frame { role, key, pieces }
    }

    fn told(&self) -> String {
        let Frame { role, key, pieces } = self;
        let pieces = match pieces.len() {
            0 => String::new(),
            _ => format!("\npayload of {:?}", Pieces(pieces.clone())),
        };
        format!("Unmask::begin(Role::{role:?}, {key:?}){pieces}")
    }

    /// What the student's code makes of it.
    fn read(&self) -> Unmasked {
        let mut pieces = self.pieces.clone();
        let mut unmask = Unmask::begin(self.role, self.key)?;
        for piece in &mut pieces {
            unmask.payload(piece);
        }
        Ok(Pieces(pieces))
    }
}

/// Masks nothing by chance: four bytes, none of them 0, each another one.
fn key(scene: &Scene) -> [u8; 4] {
    let first = scene.random().u8(1..60);
    [first, first + 60, first + 120, first + 180]
}

/// Reads a frame of each list of pieces, from a client. The keys for hints: at an error, at other bytes.
fn server_reads(scene: &Scene, mask: [u8; 4], lists: Vec<Vec<Vec<u8>>>, hint: &'static str) {
    let frames = lists
        .iter()
        .map(|list| Frame::of(Role::Server, Some(mask), list));
    let frames: Vec<Frame> = frames.collect();
    let expected: Vec<Unmasked> = lists.into_iter().map(|list| Ok(Pieces(list))).collect();
    reads(scene, frames, &expected, hint);
}

fn reads(scene: &Scene, frames: Vec<Frame>, expected: &[Unmasked], hint: &'static str) {
    let calls = calls(
        scene,
        "your code",
        frames,
        || (),
        |(), frame: &Frame| frame.read(),
        Frame::told,
    );
    check_each(scene, &calls, expected, |nth, said| {
        match (said, &expected[nth]) {
            (Said::Value(Err(_)), Err(_)) => "close-code",
            (Said::Value(Err(_)), Ok(_)) if hint != "zeros-are-a-key" => "who-masks",
            _ => hint,
        }
    });
}

#[test]
fn unmasks_what_a_client_sends() {
    LESSON.grade("masking", |scene| {
        let mask = key(scene);
        let payload = scene.random_letters(8).into_bytes();
        server_reads(scene, mask, vec![vec![payload]], "byte-by-byte");
    });
}

#[test]
fn unmasks_a_payload_of_any_length() {
    LESSON.grade("masking", |scene| {
        let mask = key(scene);
        let lengths = (1..=70).chain([0, 1021]);
        let lists = lengths.map(|length| vec![scene.random_letters(length).into_bytes()]);
        server_reads(scene, mask, lists.collect(), "the-last-bytes");
    });
}

#[test]
fn leaves_what_a_server_sends_as_it_is() {
    LESSON.grade("masking", |scene| {
        let payload = scene.random_letters(9).into_bytes();
        let pieces = vec![payload[..3].to_vec(), payload[3..].to_vec()];
        let frame = Frame::of(Role::Client, None, &pieces);
        reads(scene, vec![frame], &[Ok(Pieces(pieces))], "no-key-no-mask");
    });
}

#[test]
fn goes_on_where_the_last_piece_ended() {
    LESSON.grade("masking", |scene| {
        let mask = key(scene);
        let payload = scene.random_letters(11).into_bytes();
        let bytes = payload.chunks(1).map(<[u8]>::to_vec).collect();
        let with_nothing = vec![payload[..5].to_vec(), Vec::new(), payload[5..].to_vec()];
        let cuts = cuts(&payload).map(|(first, second)| vec![first, second]);
        let lists = cuts.chain([bytes, with_nothing]).collect();
        server_reads(scene, mask, lists, "goes-on");
    });
}

#[test]
fn refuses_a_frame_of_a_client_without_key() {
    LESSON.grade("masking", |scene| {
        let frame = Frame::of(Role::Server, None, &[]);
        reads(scene, vec![frame], &[Err(Fail(1002))], "client-must-mask");
    });
}

#[test]
fn refuses_a_frame_of_a_server_with_key() {
    LESSON.grade("masking", |scene| {
        let frame = Frame::of(Role::Client, Some(key(scene)), &[]);
        reads(
            scene,
            vec![frame],
            &[Err(Fail(1002))],
            "server-must-not-mask",
        );
    });
}

#[test]
fn takes_any_four_bytes_for_a_key() {
    LESSON.grade("masking", |scene| {
        let payload = scene.random_letters(6).into_bytes();
        for mask in [[0; 4], [0, 0, 0, 7], [9, 0, 0, 0], [0xff; 4]] {
            server_reads(scene, mask, vec![vec![payload.clone()]], "zeros-are-a-key");
        }
        let zeros = Frame::of(Role::Client, Some([0; 4]), &[]);
        reads(scene, vec![zeros], &[Err(Fail(1002))], "zeros-are-a-key");
    });
}
