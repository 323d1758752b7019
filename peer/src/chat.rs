//! What every chat server of the course does, whatever its engine: the protocol of lesson 10, in
//! frames of lesson 03. The bytes are made by hand here, so that a fault in those lessons' code
//! would be seen.
//!
//! As in [`mod@crate::echo`], each case is a function that talks with a server at an address, and
//! [`conforms`] runs all of them.
//!
//! Hint keys that the cases give: `not-told`, `another-order`, `names`, `texts`, `departed-remains`,
//! `one-read-one-message`, `one-at-a-time`, `blocks-the-room`, `unbounded-queue`, `never-closes`.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use threads::{Limits, Stop};

use crate::engine::{A_WHILE, is_refused, is_timeout, passes};
use crate::{Line, Report, Scene, Why};

/// Bytes of a text from a client.
const MAX_TEXT: usize = 4 * 1024;
/// Bytes of a name.
const MAX_NAME: usize = 32;
/// What may be said to a member that does not read before it must be out of the room. The kernels'
/// buffers take some of it, the server's queue 256 KiB. Not more, so that the verdict on a server
/// that lets it stay comes before the test's deadline.
const TOO_MUCH: usize = 16 * 1024 * 1024;
/// More than all buffers take of what one client sends and nobody reads.
const FLOOD: usize = 64 * 1024 * 1024;
/// Texts between two looks whether somebody was put out.
const AT_ONCE: usize = 16;

/// A length and what is that long.
fn frame(payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], payload].concat()
}

/// A client that has given its name.
struct Member<'a> {
    line: Line<'a>,
    name: String,
}

impl<'a> Member<'a> {
    /// Comes in. `present` are there already, in any order.
    fn joins(scene: &'a Scene, address: SocketAddr, name: &str, present: &[&str]) -> Member<'a> {
        let mut line = scene.connect(name, address);
        line.send(&frame(name));
        let welcome = text(&mut line, |_| "not-told");
        let mut words: Vec<&str> = welcome.split(' ').collect();
        words[1..].sort_unstable();
        let mut expected = [&["welcome"], present].concat();
        expected[1..].sort_unstable();
        scene.check(words == expected, "not-told", || {
            format!(
                "{name} came in and was told {welcome:?}; {:?} was expected.",
                expected.join(" ")
            )
        });
        let name = name.to_string();
        let mut member = Member { line, name };
        member.hears(&format!("joined {}", member.name), "not-told");
        member
    }

    fn says(&mut self, text: &str) {
        self.line.send(&frame(text));
    }

    fn hears(&mut self, notice: &str, key: &'static str) {
        self.line.expect(&frame(notice), |_| key);
    }

    fn leaves(mut self) {
        self.line.half_close();
        self.line.expect_end(|_| "never-closes");
    }
}

/// The next frame, which should be text.
fn text(line: &mut Line, key: impl FnOnce(Why) -> &'static str + Copy) -> String {
    let prefix = line.take(4, key);
    let length = prefix
        .iter()
        .fold(0, |length, byte| length << 8 | usize::from(*byte));
    let payload = line.take(length.min(MAX_TEXT * 16), key);
    String::from_utf8_lossy(&payload).into_owned()
}

/// Sends `bytes` and expects to be refused for `reason`, and the end.
fn is_refused_for(line: &mut Line, bytes: &[u8], reason: &str, key: &'static str) {
    line.send(bytes);
    line.expect(&frame(format!("refused {reason}")), |_| key);
    line.expect_end(|_| "never-closes");
}

/// Who comes is welcomed, and all are told; what one says, all hear, the speaker too; who goes is
/// missed.
pub fn members_hear_each_other(scene: &Scene, address: SocketAddr) {
    let mut ana = Member::joins(scene, address, "ana", &[]);
    let mut bob = Member::joins(scene, address, "bob", &["ana"]);
    ana.hears("joined bob", "not-told");
    let mut words = format!("안녕 {}", scene.random_letters(6));
    ana.says(&words);
    for member in [&mut ana, &mut bob] {
        member.hears(&format!("said ana {words}"), "not-told");
    }
    words = scene.random_letters(5);
    bob.says(&words);
    for member in [&mut ana, &mut bob] {
        member.hears(&format!("said bob {words}"), "not-told");
    }
    bob.leaves();
    ana.hears("left bob", "departed-remains");
    ana.leaves();
}

/// All talk at the same time: everybody hears everything in the same order, and what one said in
/// the order in which it was said.
pub fn everybody_hears_the_same_order(scene: &Scene, address: SocketAddr) {
    const EACH: usize = 30;
    let names = ["ana", "bob", "carl"];
    let mut members: Vec<Member> = Vec::new();
    for (count, name) in names.iter().enumerate() {
        let newcomer = Member::joins(scene, address, name, &names[..count]);
        for member in &mut members {
            member.hears(&format!("joined {name}"), "not-told");
        }
        members.push(newcomer);
    }
    for member in &mut members {
        let texts: Vec<u8> = (0..EACH)
            .flat_map(|number| frame(number.to_string()))
            .collect();
        member.line.send(&texts);
    }
    let heard: Vec<Vec<String>> = members
        .iter_mut()
        .map(|member| {
            (0..EACH * names.len())
                .map(|_| text(&mut member.line, |_| "not-told"))
                .collect()
        })
        .collect();
    for name in names {
        let said = format!("said {name} ");
        let numbers = heard[0].iter().filter_map(|line| line.strip_prefix(&said));
        let in_order = numbers.eq((0..EACH).map(|number| number.to_string()));
        scene.check(in_order, "another-order", || {
            format!("What {name} said was not heard in the order in which it was said.")
        });
    }
    for (member, heard_here) in members.iter().zip(&heard) {
        let differ = heard_here.iter().zip(&heard[0]).position(|(a, b)| a != b);
        scene.check(differ.is_none(), "another-order", || {
            let at = differ.unwrap_or_default();
            format!(
                "Message {at} was {:?} for ana, and {:?} for {}.",
                heard[0][at], heard_here[at], member.name
            )
        });
    }
}

/// What is no name, and a name that somebody has, is refused; nobody else notices.
pub fn refuses_names(scene: &Scene, address: SocketAddr) {
    let mut ana = Member::joins(scene, address, "ana", &[]);
    let longest = scene.random_letters(MAX_NAME);
    let bad = [
        b"".to_vec(),
        b"a b".to_vec(),
        b"a\n".to_vec(),
        vec![0xff, 0xfe],
        format!("{longest}x").into_bytes(),
    ];
    for name in &bad {
        let mut line = scene.connect("nobody", address);
        is_refused_for(&mut line, &frame(name), "that is no name", "names");
    }
    let mut line = scene.connect("second ana", address);
    is_refused_for(&mut line, &frame("ana"), "that name is taken", "names");
    let last = Member::joins(scene, address, &longest, &["ana"]);
    // The next thing that ana hears: it was told nothing of those.
    ana.hears(&format!("joined {longest}"), "names");
    last.leaves();
}

/// However a member goes, the others are told, and its name is free.
pub fn names_of_the_departed_are_free(scene: &Scene, address: SocketAddr) {
    let mut ana = Member::joins(scene, address, "ana", &[]);
    for how in ["leaves", "closes", "resets", "half a frame"] {
        let mut bob = Member::joins(scene, address, "bob", &["ana"]);
        ana.hears("joined bob", "departed-remains");
        match how {
            "leaves" => bob.leaves(),
            "closes" => bob.line.close(),
            "resets" => bob.line.reset(),
            _ => {
                bob.line.send(b"\0\0");
                bob.leaves();
            }
        }
        ana.hears("left bob", "departed-remains");
    }
    ana.leaves();
}

/// Frames are cut anywhere by the network, and come many at once.
pub fn takes_frames_in_any_cut(scene: &Scene, address: SocketAddr) {
    let mut ana = scene.connect("ana", address);
    ana.send_byte_by_byte(&frame("ana"));
    ana.expect(
        &[frame("welcome"), frame("joined ana")].concat(),
        |_| "one-read-one-message",
    );
    let mut bob = scene.connect("bob", address);
    let words = [
        scene.random_letters(3),
        scene.random_letters(1),
        "한글".into(),
    ];
    let all: Vec<u8> = [frame("bob")]
        .into_iter()
        .chain(words.iter().map(frame))
        .chain([frame("")])
        .flatten()
        .collect();
    bob.send(&all);
    let told = words
        .iter()
        .flat_map(|word| frame(format!("said bob {word}")));
    let told: Vec<u8> = frame("joined bob").into_iter().chain(told).collect();
    ana.expect(&told, |_| "one-read-one-message");
    let welcome = [frame("welcome ana"), told].concat();
    bob.expect(&welcome, |_| "one-read-one-message");
}

/// What is no text ends the membership of who said it, and nothing else.
pub fn refuses_texts(scene: &Scene, address: SocketAddr) {
    let mut ana = Member::joins(scene, address, "ana", &[]);
    let bad = [
        frame([0xff, 0xfe]),
        frame("x".repeat(MAX_TEXT + 1)),
        vec![0xff; 4],
    ];
    for text in &bad {
        let mut bob = Member::joins(scene, address, "bob", &["ana"]);
        ana.hears("joined bob", "texts");
        is_refused_for(&mut bob.line, text, "that is no text", "texts");
        ana.hears("left bob", "texts");
    }
    let longest = scene.random_letters(MAX_TEXT);
    ana.says(&longest);
    ana.hears(&format!("said ana {longest}"), "texts");
    let mut nobody = scene.connect("nobody", address);
    is_refused_for(&mut nobody, &[0xff; 4], "that is no name", "names");
}

/// Connections that have not said who they are keep nobody waiting.
pub fn serves_while_others_are_nameless(scene: &Scene, address: SocketAddr) {
    let silent = scene.connect("silent", address);
    let mut halfway = scene.connect("halfway", address);
    halfway.send(&frame("carl")[..6]);
    let mut ana = Member::joins(scene, address, "ana", &[]);
    ana.says("hello");
    ana.hears("said ana hello", "one-at-a-time");
    halfway.send(&frame("carl")[6..]);
    halfway.expect(&frame("welcome ana"), |_| "one-read-one-message");
    ana.hears("joined carl", "not-told");
    silent.close();
    ana.leaves();
}

/// One member does not read: the others hear everything meanwhile, and in the end it is out.
pub fn puts_out_who_does_not_read(scene: &Scene, address: SocketAddr) {
    let mut ana = Member::joins(scene, address, "ana", &[]);
    let mut bob = Member::joins(scene, address, "bob", &["ana"]);
    ana.hears("joined bob", "not-told");
    let stuck = Member::joins(scene, address, "stuck", &["ana", "bob"]);
    for member in [&mut ana, &mut bob] {
        member.hears("joined stuck", "not-told");
    }
    scene.note("stuck reads no more");
    let words = scene.random_letters(MAX_TEXT);
    let said = format!("said ana {words}");
    let texts = frame(&words).repeat(AT_ONCE);
    let mut total = 0;
    loop {
        scene.check(total < TOO_MUCH, "unbounded-queue", || {
            format!("{total} bytes wait for a member that does not read, and it is still in.")
        });
        ana.line.send(&texts);
        total += texts.len();
        let mut is_out = false;
        for member in [&mut ana, &mut bob] {
            let mut heard = 0;
            while heard < AT_ONCE {
                let notice = text(&mut member.line, |_| "blocks-the-room");
                if notice == said {
                    heard += 1;
                } else {
                    scene.check(notice == "left stuck", "not-told", || {
                        format!("{} heard {notice:?}.", member.name)
                    });
                    is_out = true;
                }
            }
        }
        if is_out {
            break;
        }
    }
    scene.note(format!("{total} bytes were said"));
    let again = Member::joins(scene, address, "stuck", &["ana", "bob"]);
    again.leaves();
    drop(stuck);
}

type Case = fn(&Scene, SocketAddr);

/// All cases that need nothing but an address, under their names.
pub const CASES: &[(&str, Case)] = &[
    ("members hear each other", members_hear_each_other),
    (
        "everybody hears the same order",
        everybody_hears_the_same_order,
    ),
    ("refuses names", refuses_names),
    (
        "names of the departed are free",
        names_of_the_departed_are_free,
    ),
    ("takes frames in any cut", takes_frames_in_any_cut),
    ("refuses texts", refuses_texts),
    (
        "serves while others are nameless",
        serves_while_others_are_nameless,
    ),
    ("puts out who does not read", puts_out_who_does_not_read),
];

/// For clients that are given up while the test waits.
const SHORT: Duration = Duration::from_millis(400);

/// Runs every case against `serve`, a server with the signature that all servers with many
/// conversations have.
///
/// # Panics
/// When the server does something else; the message is the verdict.
pub fn conforms(
    serve: impl Fn(TcpListener, Limits, &Stop, Report) -> io::Result<usize> + Send + Sync + 'static,
) {
    let serve = Arc::new(serve);
    for (name, case) in CASES {
        passes(name, Limits::USUAL, &serve, |scene, server| {
            case(scene, server.address);
            server.stop();
            server.returned();
            scene.check(is_refused(server.address), "stop", || {
                "The server has returned, and its port still takes connections.".to_string()
            });
        });
    }
    let short = Limits {
        idle: SHORT,
        ..Limits::USUAL
    };
    passes("gives up the silent", short, &serve, |scene, server| {
        let mut nameless = scene.connect("nameless", server.address);
        let mut ana = Member::joins(scene, server.address, "ana", &[]);
        // Half a frame is no message, and neither is its other half a byte at a time.
        ana.line.send(b"\0\0");
        let refused = frame("refused nothing came for too long");
        nameless.expect(&refused, |_| "idle");
        nameless.expect_end(|_| "never-closes");
        ana.line.expect(&refused, |_| "idle");
        ana.line.expect_end(|_| "never-closes");
        for line in [&nameless, &ana.line] {
            let told = server.told_of(line);
            scene.check(is_timeout(&told), "idle", || {
                format!("A silent client was given up, and the server reported {told:?}.")
            });
        }
    });
    let two = Limits {
        connections: 2,
        ..Limits::USUAL
    };
    passes(
        "lets no more in than it may",
        two,
        &serve,
        |scene, server| {
            let mut ana = Member::joins(scene, server.address, "ana", &[]);
            let mut bob = Member::joins(scene, server.address, "bob", &["ana"]);
            ana.hears("joined bob", "not-told");
            let mut third = scene.connect("third", server.address);
            third.send(&frame("carl"));
            scene.check(third.is_silent(A_WHILE), "cap", || {
                "Two conversations are allowed, and a third client was let in.".to_string()
            });
            ana.leaves();
            bob.hears("left ana", "departed-remains");
            third.expect(&frame("welcome bob"), |_| "cap");
            bob.hears("joined carl", "not-told");
            bob.leaves();
        },
    );
    passes(
        "says that it closes",
        Limits::USUAL,
        &serve,
        |scene, server| {
            let mut nameless = scene.connect("nameless", server.address);
            let mut ana = Member::joins(scene, server.address, "ana", &[]);
            server.stop();
            ana.hears("closing", "stop");
            ana.line.expect_end(|_| "stop");
            nameless.expect_gone("stop");
            let cut = server.returned();
            scene.check(cut == 0, "stop", || {
                format!("Two clients said nothing, and {cut} conversations were cut off.")
            });
        },
    );
    let brief = Limits {
        drain: SHORT,
        ..Limits::USUAL
    };
    passes(
        "stops though one does not read",
        brief,
        &serve,
        |scene, server| {
            let mut ana = Member::joins(scene, server.address, "ana", &[]);
            let mut stuck = Member::joins(scene, server.address, "stuck", &["ana"]);
            ana.hears("joined stuck", "not-told");
            // It talks and does not listen, not even to itself.
            let sent = stuck
                .line
                .flood(&frame(scene.random_letters(MAX_TEXT)), FLOOD);
            scene.note(format!("{sent} bytes"));
            server.stop();
            let cut = server.returned();
            scene.check(cut <= 2, "stop", || {
                format!("{cut} conversations were cut off.")
            });
        },
    );
}
