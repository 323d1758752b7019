//! Conversations that are right, in every cut.

use ws_frames::{Header, Opcode, Role};

use crate::{CLIENT, KEY, SERVER, Said, binary, frame, text};

/// Frames that one side sends: the last of its message or not, what, and its payload.
type Frames = Vec<(bool, Opcode, Vec<u8>)>;

/// Streams, and what is heard.
fn corpus() -> Vec<(Frames, Vec<Said>)> {
    use Opcode::*;
    let bytes = |length: u32| (0..length).map(|at| (at * 7) as u8).collect::<Vec<u8>>();
    let close = |code: u16, reason: &str| [&code.to_be_bytes(), reason.as_bytes()].concat();
    let said_close = |code, reason: &str| Said::Close(Some((code, reason.to_string())));
    let mut corpus: Vec<(Frames, Vec<Said>)> = vec![
        (vec![(true, Text, vec![])], vec![text("")]),
        (vec![(true, Binary, vec![])], vec![binary(b"")]),
        (
            vec![(true, Text, "안녕, 🌊".into())],
            vec![text("안녕, 🌊")],
        ),
        (
            vec![
                (true, Ping, vec![]),
                (true, Ping, bytes(125)),
                (true, Pong, b"still here".to_vec()),
                (true, Close, vec![]),
            ],
            vec![
                Said::Ping(vec![]),
                Said::Ping(bytes(125)),
                Said::Pong(b"still here".to_vec()),
                Said::Close(None),
            ],
        ),
        (
            vec![(true, Close, close(1000, ""))],
            vec![said_close(1000, "")],
        ),
        (
            vec![(true, Close, close(4999, "안녕히 계세요"))],
            vec![said_close(4999, "안녕히 계세요")],
        ),
        (
            vec![(true, Close, close(1001, &"x".repeat(123)))],
            vec![said_close(1001, &"x".repeat(123))],
        ),
        // Fragments, of which some are empty, with others between.
        (
            vec![
                (false, Text, vec![]),
                (false, Continuation, vec![]),
                (true, Continuation, vec![]),
                (true, Text, b"next".to_vec()),
            ],
            vec![text(""), text("next")],
        ),
        (
            vec![
                (false, Binary, bytes(3)),
                (true, Ping, b"?".to_vec()),
                (false, Continuation, vec![]),
                (true, Pong, vec![]),
                (true, Continuation, bytes(130)),
                (true, Binary, bytes(2)),
            ],
            vec![
                Said::Ping(b"?".to_vec()),
                Said::Pong(vec![]),
                binary(&[bytes(3), bytes(130)].concat()),
                binary(&bytes(2)),
            ],
        ),
        // A message that never ends is no message.
        (
            vec![(false, Text, b"a".to_vec()), (true, Close, vec![])],
            vec![Said::Close(None)],
        ),
    ];
    for length in [1, 124, 125, 126, 127, 255, 256] {
        let said = vec![binary(&bytes(length)), text("!")];
        let frames = vec![(true, Binary, bytes(length)), (true, Text, b"!".to_vec())];
        corpus.push((frames, said));
    }
    // Korean, cut inside of its letters in every way, with a ping in the cut.
    let korean = "글: 한🌊";
    for first in 0..=korean.len() {
        for second in first..=korean.len() {
            let part = |from, to| korean.as_bytes()[from..to].to_vec();
            let frames = vec![
                (false, Text, part(0, first)),
                (true, Ping, b"p".to_vec()),
                (false, Continuation, part(first, second)),
                (true, Continuation, part(second, korean.len())),
            ];
            corpus.push((frames, vec![Said::Ping(b"p".to_vec()), text(korean)]));
        }
    }
    let long = "한국어 ".repeat(30);
    corpus.push((vec![(true, Text, long.clone().into())], vec![text(&long)]));
    corpus
}

fn stream(frames: &Frames, mut key: impl FnMut() -> Option<[u8; 4]>) -> Vec<u8> {
    let frames = frames.iter();
    frames
        .flat_map(|(fin, opcode, payload)| frame(*fin, *opcode, key(), payload))
        .collect()
}

#[test]
fn every_stream_says_the_same_in_every_cut_to_both_ends() {
    let mut random = fastrand::Rng::with_seed(1);
    for (frames, said) in corpus() {
        let bytes = stream(&frames, || None);
        let run = CLIENT.hear_every_cut(&bytes);
        assert_eq!((&run.said, run.violation), (&said, None));
        let bytes = stream(&frames, || Some(random.u32(..).to_be_bytes()));
        let run = SERVER.hear_every_cut(&bytes);
        assert_eq!((&run.said, run.violation), (&said, None));
    }
}

#[test]
fn a_whole_message_leaves_nothing_behind() {
    for (frames, _) in corpus() {
        let bytes = stream(&frames, || Some(KEY));
        let run = SERVER.hear(bytes.chunks(1));
        let ends = |(fin, opcode, _): &(bool, Opcode, Vec<u8>)| (*fin, *opcode);
        let goes_on = frames
            .iter()
            .fold(false, |goes_on, frame| match ends(frame) {
                (fin, opcode) if !opcode.is_control() => !fin,
                _ => goes_on,
            });
        assert_eq!(run.inside, goes_on);
    }
}

/// 65,535 and 65,536 bytes have the last short length and the first long one; a mebibyte comes in many reads.
#[test]
fn large_messages_in_reads_of_many_sizes() {
    for length in [65_535, 65_536, 1 << 20] {
        let mut message = "한글 ".repeat(length / 7);
        message.extend((message.len()..length).map(|_| '_'));
        let message = &*message;
        let said = [text(message), text("next")];
        for (end, key) in [(SERVER, Some(KEY)), (CLIENT, None)] {
            let mut bytes = frame(true, Opcode::Text, key, message.as_bytes());
            bytes.extend(frame(true, Opcode::Text, key, b"next"));
            for size in [4096, 65_536, 65_539, 1 << 20, bytes.len()] {
                assert_eq!(
                    end.hear(bytes.chunks(size)).said,
                    said,
                    "{length}, in {size}s"
                );
            }
        }
    }
}

#[test]
fn events_stand_in_the_buffer_where_the_bytes_were_read() {
    use ws_frames::{Event, Incoming, Payload};
    let mut buffer = frame(true, Opcode::Binary, Some(KEY), b"abc");
    buffer.extend(frame(true, Opcode::Ping, Some(KEY), b"de"));
    buffer.extend(hex_of_a_half_frame());
    let start = buffer.as_ptr().addr();
    let mut incoming = Incoming::new(Role::Server, 100, false);
    let (event, rest) = incoming.next_event(&mut buffer).unwrap();
    let Some(Event::Message {
        payload: Payload::Whole(bytes),
        ..
    }) = event
    else {
        panic!("{event:?}");
    };
    assert_eq!((bytes.as_ptr().addr() - start, &*bytes), (6, &b"abc"[..]));
    let (event, rest) = incoming.next_event(rest).unwrap();
    let Some(Event::Ping(bytes)) = event else {
        panic!("{event:?}");
    };
    assert_eq!((bytes.as_ptr().addr() - start, bytes), (15, &b"de"[..]));
    let (event, rest) = incoming.next_event(rest).unwrap();
    assert_eq!(event, None);
    assert!(incoming.is_inside_message());
    // Its header, what is there of it, and what is not.
    assert_eq!((rest.len(), incoming.wants()), (8, 6 + 5));
}

fn hex_of_a_half_frame() -> Vec<u8> {
    let mut bytes = frame(true, Opcode::Text, Some(KEY), b"Hello");
    bytes.truncate(8);
    bytes
}

/// Between two messages a connection remembers nothing: most are there most of the time.
#[test]
fn an_idle_connection_is_small() {
    assert!(size_of::<ws_frames::Incoming>() <= 24);
    assert!(size_of::<Header>() <= 24);
}
