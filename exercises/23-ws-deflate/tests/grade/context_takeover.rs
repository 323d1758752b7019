use super::{LESSON, bytes, hex, shown};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use peer::Scene;
use ws_deflate_exercises::context_takeover::{NotDeflate, Receiver, Sender, TAIL, Window};

const WITH: Window = Window {
    bits: 15,
    takeover: true,
};

const WITHOUT: Window = Window {
    bits: 15,
    takeover: false,
};

/// The peer's compressor. Not the student's: each half is tested alone.
fn peer_sends(zlib: &mut Compress, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 * message.len() + 64);
    let _ = zlib.compress_vec(message, &mut out, FlushCompress::Sync);
    match out.strip_suffix(&TAIL) {
        Some(payload) => payload.to_vec(),
        None => vec![0x00],
    }
}

/// The peer's decompressor.
fn peer_reads(zlib: &mut Decompress, payload: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut message = Vec::with_capacity(length + 64);
    let input = [payload, &TAIL].concat();
    let sync = FlushDecompress::Sync;
    zlib.decompress_vec(&input, &mut message, sync).ok()?;
    Some(message)
}

fn window_of(bits: u8) -> Decompress {
    Decompress::new_with_window_bits(false, bits)
}

fn named(window: Window) -> String {
    let takeover = if window.takeover { "with" } else { "without" };
    format!("a window of {} bits, {takeover} takeover", window.bits)
}

/// The payloads that the student's sender makes, and whether it remembers something after each.
fn sent(scene: &Scene, window: Window, messages: &[Vec<u8>]) -> Vec<(Vec<u8>, bool)> {
    let given = messages.to_vec();
    let sender = scene.run("your sender", move || {
        let mut sender = Sender::new(window);
        let mut sent = Vec::new();
        for message in &given {
            let payload = sender.payload(message);
            sent.push((payload, sender.remembers()));
        }
        sent
    });
    let sent = sender.join(|_| "never-returns");
    scene.note(format!("your sender: {}", named(window)));
    for (message, (payload, _)) in messages.iter().zip(&sent) {
        scene.note(format!("    {} becomes", shown(message)));
        scene.note(format!("        {}", hex(payload)));
    }
    sent
}

/// Each payload must be the message for a peer that goes on with `zlib`, or takes a new one for each.
fn peer_understands(
    scene: &Scene,
    messages: &[Vec<u8>],
    sent: &[(Vec<u8>, bool)],
    window: Window,
    key: &'static str,
) {
    let mut zlib = window_of(window.bits);
    for (nth, (message, (payload, _))) in messages.iter().zip(sent).enumerate() {
        if !window.takeover {
            zlib = window_of(window.bits);
        }
        let tail = payload.ends_with(&TAIL);
        scene.check(!tail, "tail-stays-here", || {
            "The payload ends with 00 00 ff ff, and these four bytes are never sent.".to_string()
        });
        let read = peer_reads(&mut zlib, payload, message.len());
        scene.check(read.as_ref() == Some(message), key, || {
            let nth = nth + 1;
            match read {
                Some(read) => format!(
                    "The peer made {} of payload {nth}; expected was {}.",
                    shown(&read),
                    shown(message)
                ),
                None => format!("The peer could not decompress payload {nth}."),
            }
        });
    }
}

/// What the student's receiver makes of payloads, and whether it remembers something after each.
type Received = Vec<(Result<Vec<u8>, NotDeflate>, bool)>;

fn received(scene: &Scene, window: Window, payloads: &[Vec<u8>]) -> Received {
    let given = payloads.to_vec();
    let receiver = scene.run("your receiver", move || {
        let mut receiver = Receiver::new(window);
        let mut received = Vec::new();
        for payload in &given {
            let message = receiver.message(payload);
            let is_over = message.is_err();
            received.push((message, receiver.remembers()));
            if is_over {
                break;
            }
        }
        received
    });
    let received = receiver.join(|_| "never-returns");
    scene.note(format!("your receiver: {}", named(window)));
    for (payload, (message, _)) in payloads.iter().zip(&received) {
        let message = match message {
            Ok(message) => shown(message),
            Err(NotDeflate) => "Err(NotDeflate)".to_string(),
        };
        scene.note(format!("    {}", hex(payload)));
        scene.note(format!("        becomes {message}"));
    }
    received
}

/// The receiver must have got each message.
fn understands(scene: &Scene, messages: &[Vec<u8>], received: &Received, key: &'static str) {
    for (nth, message) in messages.iter().enumerate() {
        let got = received.get(nth).map(|(message, _)| message);
        let is_good = matches!(got, Some(Ok(got)) if got == message);
        scene.check(is_good, key, || {
            let nth = nth + 1;
            let expected = shown(message);
            match got {
                Some(Ok(got)) => {
                    format!(
                        "Payload {nth} became {}; expected was {expected}.",
                        shown(got)
                    )
                }
                _ => format!("Payload {nth} was refused; expected was {expected}."),
            }
        });
    }
}

/// What a peer sends: compressed with one zlib, or each message with a new one.
fn by_a_peer(window: Window, messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let new = || Compress::new_with_window_bits(Compression::default(), false, window.bits);
    let mut zlib = new();
    let sends = |message: &Vec<u8>| {
        if !window.takeover {
            zlib = new();
        }
        peer_sends(&mut zlib, message)
    };
    messages.iter().map(sends).collect()
}

#[test]
fn sends_a_message_without_the_tail() {
    LESSON.grade("context_takeover", |scene| {
        for window in [WITH, WITHOUT] {
            let messages = [scene.random_letters(12).into_bytes()];
            let sent = sent(scene, window, &messages);
            peer_understands(scene, &messages, &sent, window, "deflate-all");
        }
    });
}

#[test]
fn reads_a_message() {
    LESSON.grade("context_takeover", |scene| {
        for window in [WITH, WITHOUT] {
            let messages = [scene.random_letters(12).into_bytes()];
            let received = received(scene, window, &by_a_peer(window, &messages));
            understands(scene, &messages, &received, "inflate-all");
        }
    });
}

#[test]
fn puts_the_tail_back() {
    LESSON.grade("context_takeover", |scene| {
        // Of different letters: nothing refers back, only the end of each message counts.
        let messages = ["abcdefgh", "ijklmnop", "qrstuvwx"].map(|text| text.as_bytes().to_vec());
        let received = received(scene, WITH, &by_a_peer(WITH, &messages));
        let forgets = received.iter().any(|(_, remembers)| !remembers);
        let key = if forgets {
            "both-go-on"
        } else {
            "tail-comes-back"
        };
        understands(scene, &messages, &received, key);
    });
}

#[test]
fn refers_back_to_messages_before() {
    LESSON.grade("context_takeover", |scene| {
        let messages = vec![scene.random_letters(600).into_bytes(); 3];
        let sent = sent(scene, WITH, &messages);
        peer_understands(scene, &messages, &sent, WITH, "both-go-on");
        let (first, last) = (sent[0].0.len(), sent[2].0.len());
        scene.check(last < first / 4, "both-go-on", || {
            format!(
                "The message came for the third time and became {}; the first time it was {}.",
                bytes(last),
                bytes(first)
            )
        });
    });
}

#[test]
fn reads_messages_that_refer_back() {
    LESSON.grade("context_takeover", |scene| {
        let messages = vec![scene.random_letters(600).into_bytes(); 3];
        let received = received(scene, WITH, &by_a_peer(WITH, &messages));
        understands(scene, &messages, &received, "both-go-on");
    });
}

#[test]
fn begins_each_message_anew_without_takeover() {
    LESSON.grade("context_takeover", |scene| {
        let messages = vec![scene.random_letters(600).into_bytes(); 3];
        let sent = sent(scene, WITHOUT, &messages);
        peer_understands(scene, &messages, &sent, WITHOUT, "begin-anew");
        let received = received(scene, WITHOUT, &by_a_peer(WITHOUT, &messages));
        understands(scene, &messages, &received, "begin-anew");
    });
}

#[test]
fn remembers_nothing_without_takeover() {
    LESSON.grade("context_takeover", |scene| {
        let messages = vec![scene.random_letters(100).into_bytes(); 2];
        let sent = sent(scene, WITHOUT, &messages);
        scene.check(
            sent.iter().all(|(_, remembers)| !remembers),
            "nothing-to-remember",
            || {
                "Between two messages your sender holds a zlib that it never uses again."
                    .to_string()
            },
        );
        let received = received(scene, WITHOUT, &by_a_peer(WITHOUT, &messages));
        let forgets = received.iter().all(|(_, remembers)| !remembers);
        scene.check(forgets, "nothing-to-remember", || {
            "Between two messages your receiver holds a zlib that it never uses again.".to_string()
        });
    });
}

#[test]
fn sends_and_reads_an_empty_message() {
    LESSON.grade("context_takeover", |scene| {
        let word = scene.random_letters(9).into_bytes();
        for window in [WITH, WITHOUT] {
            for messages in [
                vec![vec![], word.clone(), vec![]],
                vec![word.clone(), vec![], vec![], word.clone()],
            ] {
                let sent = sent(scene, window, &messages);
                for (message, (payload, _)) in messages.iter().zip(&sent) {
                    let is_good = !message.is_empty() || !payload.is_empty();
                    scene.check(is_good, "empty-is-one-byte", || {
                        "The empty message became nothing; expected was the byte 00.".to_string()
                    });
                }
                peer_understands(scene, &messages, &sent, window, "empty-is-one-byte");
                let received = received(scene, window, &by_a_peer(window, &messages));
                understands(scene, &messages, &received, "empty-is-one-byte");
            }
        }
    });
}

#[test]
fn refers_back_no_further_than_the_window() {
    LESSON.grade("context_takeover", |scene| {
        for bits in [9, 11] {
            for takeover in [true, false] {
                let window = Window { bits, takeover };
                // What comes again stands further back than the window reaches.
                let letters = scene.random_letters(5000).into_bytes();
                let messages = [letters.clone(), letters.repeat(2)];
                let sent = sent(scene, window, &messages);
                peer_understands(scene, &messages, &sent, window, "window-of-so-many-bits");
                let (once, twice) = (sent[0].0.len(), sent[1].0.len());
                scene.check(twice > once * 3 / 2, "window-of-so-many-bits", || {
                    let window = 1 << bits;
                    format!(
                        "Payload 2 is the message of payload 1 twice, and has {twice} bytes, not about\n\
                         {}: it refers back by 5000 bytes. The window has {window}.",
                        2 * once
                    )
                });
                let received = received(scene, window, &by_a_peer(window, &messages));
                understands(scene, &messages, &received, "window-of-so-many-bits");
            }
        }
    });
}

#[test]
fn refuses_what_is_no_compressed_message() {
    LESSON.grade("context_takeover", |scene| {
        // The bits 11 stand where a kind of block should.
        let payload = [&[0xff], &scene.random_bytes(20)[..]].concat();
        for window in [WITH, WITHOUT] {
            let received = received(scene, window, std::slice::from_ref(&payload));
            let is_refused = received.iter().any(|(message, _)| message.is_err());
            scene.check(is_refused, "pass-the-error-on", || {
                "These bytes are no compressed message, and your receiver made one of them."
                    .to_string()
            });
        }
    });
}
