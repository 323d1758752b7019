use super::LESSON;
use peer::{Answer, Line, Scene, Script, Step, Why, caught};
use std::collections::VecDeque;
use std::fmt::{self, Debug};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use ws_handshake_exercises::bytes_behind_the_head::{AT_A_TIME, MAX_HEAD, open};

const REQUEST: &[u8] =
    b"GET /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

/// Bytes that are read at a time from what is open.
const AMPLE: usize = 4096;

/// Reads after the end of a stream, before it says that this is a loop.
const READS_AFTER_END: usize = 10;

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

/// A stream, and what should be made of it.
#[derive(Clone)]
struct Case {
    steps: Vec<Step>,
    /// Of the buffer that is read with behind the head.
    size: usize,
    /// The head, and what is behind it; or the error.
    expected: Result<(Vec<u8>, Vec<u8>), ErrorKind>,
    /// What happens in it, for the sentence of one that is to be refused.
    what: String,
}

impl Case {
    /// An answer of `head` and `frames`, in these pieces.
    fn good(head: &[u8], frames: &[u8], pieces: &[&[u8]]) -> Case {
        Case {
            steps: pieces.iter().map(Step::data).collect(),
            size: AMPLE,
            expected: Ok((head.to_vec(), frames.to_vec())),
            what: String::new(),
        }
    }

    fn bad(steps: &[Step], kind: ErrorKind, what: impl Into<String>) -> Case {
        Case {
            steps: steps.to_vec(),
            size: AMPLE,
            expected: Err(kind),
            what: what.into(),
        }
    }

    /// Lets the student's client open `stream`, and reads until the end, or until more has come than
    /// should.
    fn play(&self, stream: impl Read + Write) -> Result<Got, ErrorKind> {
        let most = match &self.expected {
            Ok((_, frames)) => frames.len(),
            Err(_) => 0,
        };
        let mut opened = open(stream, REQUEST).map_err(|error| error.kind())?;
        let mut got = Got {
            head: opened.head.clone(),
            read: Vec::new(),
            ended: Ok(()),
        };
        let mut buffer = vec![0; self.size];
        while got.read.len() <= most {
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
    }

    fn is_right(&self, got: &Result<Got, ErrorKind>) -> bool {
        match (got, &self.expected) {
            (Ok(got), Ok((head, frames))) => {
                got.head == *head && got.read == *frames && got.ended.is_ok()
            }
            (Err(kind), Err(expected)) => kind == expected,
            _ => false,
        }
    }
}

/// What may be wrong, for choosing the hint.
enum Wrong<'a> {
    /// A good answer was refused.
    Refused(ErrorKind),
    /// The head is another.
    Head,
    /// What is behind it is another: this was read.
    Behind(&'a [u8]),
    /// A bad answer was not refused, or with another error.
    Taken,
}

/// Lets the student's client play all cases; the ladder tells of the first one that goes wrong only.
fn plays(scene: &Scene, cases: Vec<Case>, hint: impl Fn(Wrong) -> &'static str) {
    let quietly = cases.clone();
    let first_wrong = scene.run("your client", move || {
        let is_right = |case: &Case| {
            let quiet = Quiet::new(&case.steps);
            caught(|| case.play(quiet)).is_ok_and(|got| case.is_right(&got))
        };
        quietly.iter().position(|case| !is_right(case))
    });
    if let Some(wrong) = first_wrong.join(|_| "never-returns") {
        let case = cases[wrong].clone();
        let script = scene.script(case.steps.clone());
        tell(scene, &case, &script, hint);
    }
}

/// Plays a case with everything that happens in the ladder.
fn tell(scene: &Scene, case: &Case, script: &Script, hint: impl Fn(Wrong) -> &'static str) {
    let (stream, plays) = (script.clone(), case.clone());
    let answer = scene.run("your client", move || plays.play(stream));
    judge(scene, case, answer.join(|_| "never-returns"), hint);
}

fn judge(
    scene: &Scene,
    case: &Case,
    got: Result<Got, ErrorKind>,
    hint: impl Fn(Wrong) -> &'static str,
) {
    if case.is_right(&got) {
        return;
    }
    match (got, &case.expected) {
        (Ok(got), Ok((head, frames))) => {
            let sentence = "The head that open() returned is not the one that came.";
            scene.compare(head, &got.head, hint(Wrong::Head), sentence);
            let behind = hint(Wrong::Behind(&got.read));
            scene.check(got.ended.is_ok(), behind, || {
                format!("The stream was good, and read() returned {:?}.", got.ended)
            });
            let is_twice = got.read.len() > frames.len() && got.read.starts_with(frames);
            let sentence = match is_twice {
                true => "read() gave out what came behind the head, and then gave out more.",
                false => "What was read behind the head is not what came behind it.",
            };
            scene.compare(frames, &got.read, behind, sentence);
        }
        (Err(kind), Ok(_)) => scene.check(false, hint(Wrong::Refused(kind)), || {
            format!("The answer was good, and open() returned Err({kind:?}).")
        }),
        (got, Err(expected)) => scene.check(false, hint(Wrong::Taken), || {
            let got = match got {
                Ok(_) => "a head".to_string(),
                Err(kind) => format!("Err({kind:?})"),
            };
            let what = &case.what;
            format!("{what}, and open() returned {got}; Err({expected:?}) was expected.")
        }),
    }
}

/// What a [`Script`] is, without a ladder.
struct Quiet {
    steps: VecDeque<Step>,
    after_end: usize,
}

impl Quiet {
    fn new(steps: &[Step]) -> Quiet {
        Quiet {
            steps: steps.iter().cloned().collect(),
            after_end: 0,
        }
    }
}

impl Read for Quiet {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        match self.steps.pop_front() {
            Some(Step::Data(mut bytes)) => {
                let count = bytes.len().min(buffer.len());
                buffer[..count].copy_from_slice(&bytes[..count]);
                if count < bytes.len() {
                    let rest = bytes.split_off(count);
                    self.steps.push_front(Step::Data(rest));
                }
                Ok(count)
            }
            Some(Step::Interrupted) => Err(ErrorKind::Interrupted.into()),
            Some(Step::Reset) => Err(ErrorKind::ConnectionReset.into()),
            Some(Step::Failed(kind)) => Err(kind.into()),
            None => {
                self.after_end += 1;
                // Who takes no end for an answer takes no error either: this one unwinds.
                assert!(self.after_end <= READS_AFTER_END, "read past the end");
                Ok(0)
            }
        }
    }
}

impl Write for Quiet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The head of a server's answer.
fn head(scene: &Scene) -> Vec<u8> {
    let server = scene.random_letters(8);
    format!("HTTP/1.1 101 Switching Protocols\r\nServer: {server}\r\n\r\n").into_bytes()
}

/// A head of this many bytes.
fn head_of(scene: &Scene, length: usize) -> Vec<u8> {
    let start = "HTTP/1.1 101 Switching Protocols\r\nX-Long: ";
    let value = scene.random_letters(length - start.len() - 4);
    format!("{start}{value}\r\n\r\n").into_bytes()
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

#[test]
fn sends_the_request_and_reads_the_head() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        let case = Case::good(&head, b"", &[&head]);
        for script in [
            scene.script(case.steps.clone()),
            scene.script(case.steps.clone()).write_at_most(30),
        ] {
            tell(scene, &case, &script, |_| "up-to-the-blank-line");
            let sentence = "The request that came is not the one that was to be sent.";
            scene.compare(REQUEST, &script.written(), "send-the-request", sentence);
        }
    });
}

#[test]
fn reads_a_head_that_comes_in_pieces() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        let in_two = (1..head.len()).map(|at| {
            let (first, second) = head.split_at(at);
            Case::good(&head, b"", &[first, second])
        });
        let mut cases: Vec<Case> = in_two.collect();
        let bytes: Vec<&[u8]> = head.chunks(1).collect();
        cases.push(Case::good(&head, b"", &bytes));
        plays(scene, cases, |_| "head-from-one-read");
    });
}

#[test]
fn keeps_the_frames_that_come_with_the_head() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        let text = scene.random_letters(5);
        let frames = [frame(text.as_bytes()), frame(b"you")].concat();
        let all = [&head[..], &frames].concat();
        let mut cases = vec![Case::good(&head, &frames, &[&all])];
        cases.extend((1..all.len()).map(|at| {
            let (first, second) = all.split_at(at);
            Case::good(&head, &frames, &[first, second])
        }));
        plays(scene, cases, |wrong| match wrong {
            // The first byte of a frame is no UTF-8.
            Wrong::Refused(ErrorKind::InvalidData) => "frames-are-no-text",
            Wrong::Behind(read) if is_lossy(read) => "frames-are-no-text",
            Wrong::Behind(read) if read.len() > frames.len() => "each-byte-once",
            Wrong::Behind(_) => "first-frame-lost",
            _ => "frames-are-no-head",
        });
    });
}

#[test]
fn looks_for_no_text_and_no_end_in_frames() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        let frames = [
            frame(b"a\r\n\r\nb"),
            vec![0x82, 0x04, 0xff, 0xfe, 0x00, 0xc3],
            frame(b"\r\n\r\n"),
        ];
        let cases = [&frames[..1], &frames[1..2], &frames].map(|frames| {
            let frames = frames.concat();
            let all = [&head[..], &frames].concat();
            Case::good(&head, &frames, &[&all])
        });
        plays(scene, cases.to_vec(), |_| "frames-are-no-text");
    });
}

#[test]
fn keeps_what_does_not_fit_into_one_read() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        let text = scene.random_letters(100);
        let frames = [frame(text.as_bytes()), frame(b"you")].concat();
        let with_head = [&head[..], &frames].concat();
        let cases = [64, 7, 1, frames.len(), frames.len() + 1].map(|size| Case {
            size,
            // The second half comes from the stream.
            ..Case::good(&head, &frames.repeat(2), &[&with_head, &frames])
        });
        plays(scene, cases.to_vec(), |_| "what-does-not-fit");
    });
}

#[test]
fn does_not_wait_while_there_is_something() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        for (frames, waits) in [
            (Vec::new(), "waits-behind-the-head"),
            (frame(b"hello"), "waits-with-bytes-in-hand"),
        ] {
            let head = head(scene);
            let (mut server, answer) = meet(scene, !frames.is_empty());
            server.expect(REQUEST, |_| "send-the-request");
            server.send(&[&head[..], &frames].concat());
            scene.note("server: waits for the client's first frame");
            let got = answer.join(|_| waits);
            let case = Case::good(&head, &frames, &[]);
            judge(scene, &case, got, |_| "first-frame-lost");
            server.close();
        }
    });
}

/// Connects the student's client to a server that a test plays. When it `reads`, then once, behind the
/// head.
fn meet(scene: &Scene, reads: bool) -> (Line<'_>, Answer<'_, Result<Got, ErrorKind>>) {
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
        let what = "The stream ended inside the head";
        let end = ErrorKind::UnexpectedEof;
        let mut cases = vec![Case::bad(&[], end, "The stream ended before the head")];
        cases.extend((1..head.len()).rev().map(|length| {
            let step = Step::data(&head[..length]);
            Case::bad(&[step], end, what)
        }));
        plays(scene, cases, |_| "end-inside-the-head");
    });
}

#[test]
fn takes_the_longest_head() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let (longest, short) = (head_of(scene, MAX_HEAD), head(scene));
        let frames = frame(b"hello").repeat(MAX_HEAD / 4);
        let pieces: Vec<&[u8]> = longest.chunks(AT_A_TIME).collect();
        let with_short = [&short[..], &frames].concat();
        // Cut in such a way that frames come with the head's end, and more of them behind.
        let with_longest = [&longest[..], &frames].concat();
        let (first, second) = with_longest.split_at(100);
        let cases = [
            Case::good(&longest, b"", &pieces),
            Case::good(&longest, &frames, &[first, second]),
            Case::good(&short, &frames, &[&with_short]),
        ];
        plays(scene, cases.to_vec(), |_| "limit-is-for-the-head");
    });
}

#[test]
fn takes_no_longer_head() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let too_long = [MAX_HEAD + 1, MAX_HEAD + AT_A_TIME, 3 * MAX_HEAD];
        let mut cases: Vec<Case> = Vec::new();
        for length in too_long {
            let steps = [Step::data(head_of(scene, length))];
            let what = format!("A head of {length} bytes came");
            cases.push(Case::bad(&steps, ErrorKind::InvalidData, what));
        }
        let steps = [Step::data(scene.random_letters(2 * MAX_HEAD))];
        let what = "Twice as much came as a head may have, and no blank line";
        cases.push(Case::bad(&steps, ErrorKind::InvalidData, what));
        plays(scene, cases, |_| "no-maximum");
    });
}

#[test]
fn goes_on_when_it_is_interrupted() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        let (first, second) = head.split_at(20);
        let mut case = Case::good(&head, b"", &[first, second]);
        case.steps.insert(1, Step::Interrupted);
        plays(scene, vec![case], |_| "interrupted");
    });
}

#[test]
fn says_when_the_connection_fails() {
    LESSON.grade("bytes_behind_the_head", |scene| {
        let head = head(scene);
        let (first, second) = head.split_at(20);
        let steps = [Step::data(first), Step::Reset, Step::data(second)];
        let what = "The connection was reset inside the head";
        let case = Case::bad(&steps, ErrorKind::ConnectionReset, what);
        plays(scene, vec![case], |_| "errors-are-told");
    });
}
