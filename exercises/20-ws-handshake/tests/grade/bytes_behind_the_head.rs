use super::LESSON;
use peer::{Line, Scene, Script, Step, Why};
use std::fmt::{self, Debug};
use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use ws_handshake_exercises::bytes_behind_the_head::{AT_A_TIME, MAX_HEAD, open};

const REQUEST: &[u8] =
    b"GET /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

/// Bytes that are read at a time from what is open.
const AMPLE: usize = 4096;

/// What the student's client has made of a stream.
struct Got {
    head: Vec<u8>,
    /// Everything behind the head, as it was read.
    read: Vec<u8>,
    ended: Result<(), ErrorKind>,
}

impl Debug for Got {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:?}", self.ended)
    }
}

/// Lets the student's client open a stream, and reads with buffers of `size` bytes until the end, or until
/// more than `expected` bytes have come.
fn client(scene: &Scene, script: &Script, size: usize, expected: usize) -> Result<Got, ErrorKind> {
    let stream = script.clone();
    let answer = scene.run("your client", move || {
        let mut opened = open(stream, REQUEST).map_err(|error| error.kind())?;
        let mut got = Got {
            head: opened.head.clone(),
            read: Vec::new(),
            ended: Ok(()),
        };
        let mut buffer = vec![0; size];
        while got.read.len() <= expected {
            match opened.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => got.read.extend(buffer.iter().take(count)),
                Err(error) => {
                    got.ended = Err(error.kind());
                    break;
                }
            }
        }
        Ok(got)
    });
    answer.join(|_| "never-returns")
}

/// What may be wrong with what was made of a good answer, for choosing the hint.
enum Wrong<'a> {
    /// It was refused.
    Refused(ErrorKind),
    /// The head is another.
    Head,
    /// What is behind it is another: this was read.
    Behind(&'a [u8]),
}

/// An answer of `head` and `frames`, in these pieces, is opened and read.
fn opens(
    scene: &Scene,
    head: &[u8],
    frames: &[u8],
    pieces: &[&[u8]],
    size: usize,
    hint: impl Fn(Wrong) -> &'static str,
) {
    let script = scene.script(pieces.iter().map(Step::data));
    let got = client(scene, &script, size, frames.len());
    is_right(scene, got, head, frames, hint);
}

fn is_right(
    scene: &Scene,
    got: Result<Got, ErrorKind>,
    head: &[u8],
    frames: &[u8],
    hint: impl Fn(Wrong) -> &'static str,
) {
    let got = match got {
        Ok(got) => got,
        Err(kind) => {
            scene.check(false, hint(Wrong::Refused(kind)), || {
                format!("The answer was good, and open() returned Err({kind:?}).")
            });
            return;
        }
    };
    let sentence = "The head that open() returned is not the one that came.";
    scene.compare(head, &got.head, hint(Wrong::Head), sentence);
    let behind = hint(Wrong::Behind(&got.read));
    scene.check(got.ended.is_ok(), behind, || {
        format!("The stream was good, and read() returned {:?}.", got.ended)
    });
    let sentence = "What was read behind the head is not what came behind it.";
    scene.compare(frames, &got.read, behind, sentence);
}

/// The head of a server's answer.
fn head(scene: &Scene) -> Vec<u8> {
    let server = scene.random_letters(8);
    format!("HTTP/1.1 101 Switching Protocols\r\nServer: {server}\r\n\r\n").into_bytes()
}

/// A text, as a server sends it (RFC 6455, section 5.7).
fn frame(text: &[u8]) -> Vec<u8> {
    [&[0x81, text.len() as u8], text].concat()
}

/// True when U+FFFD stands in it: somebody has made text of what is none.
fn is_lossy(bytes: &[u8]) -> bool {
    let replacement = "\u{fffd}".as_bytes();
    bytes.windows(replacement.len()).any(|at| at == replacement)
}

/// A head of this many bytes.
fn head_of(scene: &Scene, length: usize) -> Vec<u8> {
    let start = "HTTP/1.1 101 Switching Protocols\r\nX-Long: ";
    let value = scene.random_letters(length - start.len() - 4);
    format!("{start}{value}\r\n\r\n").into_bytes()
}

#[test]
fn sends_the_request_and_reads_the_head() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        for script in [
            scene.script([Step::data(&head)]),
            scene.script([Step::data(&head)]).write_at_most(7),
        ] {
            let got = client(scene, &script, AMPLE, 0);
            let sentence = "The request that came is not the one that was to be sent.";
            scene.compare(REQUEST, &script.written(), "send-the-request", sentence);
            is_right(scene, got, &head, b"", |_| "up-to-the-blank-line");
        }
    });
}

#[test]
fn reads_a_head_that_comes_in_pieces() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        let hint = |_: Wrong| "head-from-one-read";
        for at in 1..head.len() {
            let (first, second) = head.split_at(at);
            opens(scene, &head, b"", &[first, second], AMPLE, hint);
        }
        let bytes: Vec<&[u8]> = head.chunks(1).collect();
        opens(scene, &head, b"", &bytes, AMPLE, hint);
    });
}

#[test]
fn keeps_the_frames_that_come_with_the_head() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        let text = scene.random_letters(5);
        let frames = [frame(text.as_bytes()), frame(b"you")].concat();
        let all = [&head[..], &frames].concat();
        let hint = |wrong: Wrong| match wrong {
            // The first byte of a frame is no UTF-8.
            Wrong::Refused(ErrorKind::InvalidData) => "frames-are-no-text",
            Wrong::Behind(read) if is_lossy(read) => "frames-are-no-text",
            Wrong::Refused(_) | Wrong::Head => "frames-are-no-head",
            Wrong::Behind(_) => "first-frame-lost",
        };
        opens(scene, &head, &frames, &[&all], AMPLE, hint);
        for at in 1..all.len() {
            let (first, second) = all.split_at(at);
            opens(scene, &head, &frames, &[first, second], AMPLE, hint);
        }
    });
}

#[test]
fn looks_for_no_text_and_no_end_in_frames() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        let hint = |_: Wrong| "frames-are-no-text";
        let frames = [
            frame(b"a\r\n\r\nb"),
            vec![0x82, 0x04, 0xff, 0xfe, 0x00, 0xc3],
            frame(b"\r\n\r\n"),
        ];
        for frames in [&frames[..1], &frames[1..2], &frames] {
            let frames = frames.concat();
            let all = [&head[..], &frames].concat();
            opens(scene, &head, &frames, &[&all], AMPLE, hint);
        }
    });
}

#[test]
fn keeps_what_does_not_fit_into_one_read() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        let text = scene.random_letters(100);
        let frames = [frame(text.as_bytes()), frame(b"you")].concat();
        let all = [&head[..], &frames, &frames].concat();
        // The second half comes from the stream.
        let (first, second) = all.split_at(head.len() + frames.len());
        let hint = |_: Wrong| "what-does-not-fit";
        for size in [64, 7, 1, frames.len(), frames.len() + 1] {
            let frames = [&frames[..], &frames].concat();
            opens(scene, &head, &frames, &[first, second], size, hint);
        }
    });
}

#[test]
fn does_not_wait_while_there_is_something() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        for text in ["", "hello"] {
            let head = head(scene);
            let frames = match text {
                "" => Vec::new(),
                text => frame(text.as_bytes()),
            };
            let (mut server, answer) = meet(scene, !frames.is_empty());
            server.expect(REQUEST, |_| "send-the-request");
            server.send(&[&head[..], &frames].concat());
            scene.note("server: waits for the client's first frame");
            let got = answer.join(|_| match text {
                "" => "waits-behind-the-head",
                _ => "waits-with-bytes-in-hand",
            });
            is_right(scene, got, &head, &frames, |_| "first-frame-lost");
            server.close();
        }
    });
}

/// Connects the student's client to a server that a test plays. When it `reads`, then once, behind the head.
fn meet(scene: &Scene, reads: bool) -> (Line<'_>, peer::Answer<'_, Result<Got, ErrorKind>>) {
    let host = scene.host();
    let address = host.address();
    let answer = scene.run("your client", move || {
        let run = || -> io::Result<Got> {
            let mut opened = open(TcpStream::connect(address)?, REQUEST)?;
            let mut read = vec![0; AMPLE];
            let count = match reads {
                true => opened.read(&mut read)?,
                false => 0,
            };
            read.truncate(count);
            Ok(Got {
                head: opened.head,
                read,
                ended: Ok(()),
            })
        };
        run().map_err(|error| error.kind())
    });
    let server = host.accept(|why: Why| match why {
        Why::Blocked(_) => "send-the-request",
        _ => "never-returns",
    });
    (server, answer)
}

#[test]
fn says_when_the_stream_ends_inside_the_head() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        for length in [head.len() - 1, head.len() - 2, head.len() / 2, 1, 0] {
            refuses(
                scene,
                &[Step::data(&head[..length])],
                ErrorKind::UnexpectedEof,
                "end-inside-the-head",
                "The stream ended inside the head",
            );
        }
    });
}

fn refuses(scene: &Scene, steps: &[Step], expected: ErrorKind, hint: &str, what: &str) {
    let steps = steps.iter().filter(|step| match step {
        Step::Data(bytes) => !bytes.is_empty(),
        _ => true,
    });
    let script = scene.script(steps.cloned());
    let got = client(scene, &script, AMPLE, 0);
    scene.check(matches!(&got, Err(kind) if *kind == expected), hint, || {
        let got = match got {
            Ok(_) => "a head".to_string(),
            Err(kind) => format!("Err({kind:?})"),
        };
        format!("{what}, and open() returned {got}; Err({expected:?}) was expected.")
    });
}

#[test]
fn takes_the_longest_head_and_no_longer_one() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let longest = head_of(scene, MAX_HEAD);
        let frames = frame(b"hello").repeat(MAX_HEAD / 4);
        let hint = |_: Wrong| "limit-is-for-the-head";
        let pieces: Vec<&[u8]> = longest.chunks(AT_A_TIME).collect();
        opens(scene, &longest, b"", &pieces, AMPLE, hint);
        // Cut in such a way that frames come with its end, and more of them behind.
        let all = [&longest[..], &frames].concat();
        let (first, second) = all.split_at(100);
        opens(scene, &longest, &frames, &[first, second], AMPLE, hint);
        let short = head(scene);
        let all = [&short[..], &frames].concat();
        opens(scene, &short, &frames, &[&all], AMPLE, hint);

        for length in [MAX_HEAD + 1, MAX_HEAD + AT_A_TIME, 3 * MAX_HEAD] {
            let head = head_of(scene, length);
            let what = format!("A head of {length} bytes came");
            let steps = [Step::data(&head)];
            refuses(scene, &steps, ErrorKind::InvalidData, "no-maximum", &what);
        }
        let endless = scene.random_letters(5 * MAX_HEAD);
        let steps = [Step::data(&endless)];
        let what = "Bytes came, and no blank line in five times what a head may have";
        refuses(scene, &steps, ErrorKind::InvalidData, "no-maximum", what);
    });
}

#[test]
fn goes_on_after_an_interrupted_read_and_not_after_others() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        let (first, second) = head.split_at(20);
        let steps = [Step::data(first), Step::Interrupted, Step::data(second)];
        let script = scene.script(steps);
        let got = client(scene, &script, AMPLE, 0);
        is_right(scene, got, &head, b"", |_| "interrupted");
        let steps = [Step::data(first), Step::Reset, Step::data(second)];
        let what = "The connection was reset inside the head";
        let kind = ErrorKind::ConnectionReset;
        refuses(scene, &steps, kind, "errors-are-told", what);
    });
}
