use super::{
    Decode, Departed, Heard, LESSON, Then, check, cut_anywhere, cut_in_two, cut_into_bytes, feed,
    frame, prefix,
};
use framing_exercises::length_prefix::{Decoder, MAX_FRAME};
use peer::{LONGEST_DEADLINE, Scene, address_space, caught};
use std::fmt;

impl Decode for Decoder {
    fn new() -> Self {
        Decoder::new()
    }

    fn receive_data(&mut self, bytes: &[u8]) {
        self.receive_data(bytes);
    }

    fn next_event(&mut self) -> Result<Option<Vec<u8>>, ()> {
        self.next_event().map_err(|_| ())
    }
}

/// The frames of `stream`, and how many bytes of an incomplete one are left over.
fn split(mut stream: &[u8]) -> (Vec<Vec<u8>>, usize) {
    let mut frames = Vec::new();
    while let Some((prefix, rest)) = stream.split_first_chunk() {
        let Some(payload) = rest.get(..u32::from_be_bytes(*prefix) as usize) else {
            break;
        };
        frames.push(payload.to_vec());
        stream = &rest[payload.len()..];
    }
    (frames, stream.len())
}

fn all(stream: &[u8]) -> Heard {
    Heard {
        messages: split(stream).0,
        then: Then::Waits,
    }
}

/// The likeliest reason for an answer that is not the expected one.
fn why(departed: &Departed) -> &'static str {
    let Departed {
        fed,
        nth,
        heard,
        expected,
    } = departed;
    let left_over = |pieces: &[Vec<u8>]| split(&pieces.concat()).1;
    let (before, after) = (
        left_over(&fed.pieces[..*nth]),
        left_over(&fed.pieces[..=*nth]),
    );
    let begins_alike = expected.messages.starts_with(&heard.messages);
    let is_cut_short = expected
        .messages
        .first()
        .zip(heard.messages.first())
        .is_some_and(|(whole, got)| whole.starts_with(got));
    match (before, after) {
        (1..=3, _) => "prefix-from-one-read",
        (4.., _) => "payload-from-one-read",
        (0, _) if heard.then == Then::Endless => "gives-twice",
        (0, _) if !heard.messages.is_empty() && begins_alike && heard.then == Then::Waits => {
            "forgets-the-rest"
        }
        (0, 1..=3) => "prefix-from-one-read",
        (0, 4..) => "payload-from-one-read",
        (0, 0) if heard.messages.is_empty() => "byte-order",
        // The right bytes, but too few of them.
        (0, 0) if is_cut_short => "byte-order",
        (0, 0) => "prefix-is-no-payload",
    }
}

fn decodes(scene: &Scene, lists: Vec<Vec<Vec<u8>>>) {
    for fed in feed::<Decoder>(scene, lists) {
        check(scene, &fed, all, why);
    }
}

#[test]
fn decodes_a_frame_that_arrives_whole() {
    LESSON.grade("length_prefix", |scene| {
        // A long one too: its length takes more than one byte.
        for length in [5, 300] {
            let payload = scene.random_letters(length);
            decodes(scene, vec![vec![frame(payload)]]);
        }
    });
}

#[test]
fn decodes_every_frame_of_one_read() {
    LESSON.grade("length_prefix", |scene| {
        let word = scene.random_letters(3);
        let stream = [frame(&word), frame(""), frame("안녕"), frame("")].concat();
        decodes(scene, vec![vec![stream]]);
    });
}

#[test]
fn decodes_two_frames_cut_at_every_place() {
    LESSON.grade("length_prefix", |scene| {
        let word = scene.random_letters(4);
        let stream = [frame(&word), frame(""), frame("xy")].concat();
        decodes(scene, cut_in_two(&stream).collect());
    });
}

#[test]
fn decodes_frames_that_arrive_byte_by_byte() {
    LESSON.grade("length_prefix", |scene| {
        let word = scene.random_letters(6);
        let stream = [frame(""), frame(&word), frame("안녕")].concat();
        decodes(scene, vec![cut_into_bytes(&stream)]);
    });
}

#[test]
fn decodes_any_frames_in_any_pieces() {
    LESSON.grade("length_prefix", |scene| {
        let mut stream = Vec::new();
        for _ in 0..50 {
            let length = scene.random().usize(..400);
            // Bytes that are not text, and that may look like a prefix.
            stream.extend(frame(scene.random_bytes(length)));
        }
        let pieces = cut_anywhere(scene, &stream);
        decodes(scene, vec![pieces]);
    });
}

/// Bytes of memory that one decoder took.
struct Grown(u64);

impl fmt::Debug for Grown {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "with {} MiB more memory", self.0 >> 20)
    }
}

#[test]
fn sets_no_memory_aside_for_a_promise() {
    // How often: the memory of other threads may grow now and then, but not each time.
    const TIMES: usize = 4;
    LESSON.grade("length_prefix", |scene| {
        let promise = [&prefix(MAX_FRAME)[..], b"x"].concat();
        let decoders = scene.run("your decoder", move || {
            let mut decoders = Vec::new();
            let grown = (0..TIMES).map(|_| {
                let mut decoder = Decoder::new();
                let before = address_space();
                let _ = caught(|| {
                    decoder.receive_data(&promise);
                    decoder.next_event()
                });
                let after = address_space();
                decoders.push(decoder); // What it holds must not be given back meanwhile.
                Some(after?.saturating_sub(before?))
            });
            // Nothing where the system does not tell.
            Grown(grown.min().flatten().unwrap_or_default())
        });
        let Grown(grown) = decoders.join(|_| "waits-inside-the-codec");
        scene.check(grown < MAX_FRAME as u64 / 2, "allocates-the-length", || {
            format!(
                "A client sent five bytes that promise {} MiB, and your decoder took {} MiB of memory at once.",
                MAX_FRAME >> 20,
                grown >> 20
            )
        });
    });
}

#[test]
fn refuses_a_length_over_the_maximum_at_once() {
    LESSON.grade("length_prefix", |scene| {
        let over = scene.random().usize(MAX_FRAME + 1..1 << 31);
        let lengths = [MAX_FRAME + 1, over, 1 << 31, 0xffff_fffc, 0xffff_ffff];
        for length in lengths {
            let good = frame("good");
            let fed = feed::<Decoder>(scene, vec![vec![good, prefix(length)]]).remove(0);
            let refused = |stream: &[u8]| {
                let messages = split(stream).0;
                let then = match stream.len() {
                    8 => Then::Waits,
                    _ => Then::Refuses,
                };
                Heard { messages, then }
            };
            check(scene, &fed, refused, |departed| {
                match &departed.heard.then {
                    Then::Panics(message) if message.contains("overflow") => "length-overflows",
                    Then::Waits if departed.heard.messages.is_empty() => "trusts-the-length",
                    Then::Waits | Then::Endless => "length-overflows",
                    _ => "trusts-the-length",
                }
            });
        }
    });
}

#[test]
fn accepts_a_frame_of_exactly_the_maximum() {
    LESSON.grade_within(LONGEST_DEADLINE, "length_prefix", |scene| {
        let payload = scene.random_bytes(64);
        let mut stream = frame(vec![0; MAX_FRAME]);
        stream[4..][..64].copy_from_slice(&payload);
        let end = stream.split_off(1 << 20);
        let fed = feed::<Decoder>(scene, vec![vec![stream, end]]).remove(0);
        check(scene, &fed, all, |_| "maximum-is-allowed");
    });
}
