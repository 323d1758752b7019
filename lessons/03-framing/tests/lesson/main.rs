//! Lesson 03 from the outside: its codecs cut at every place, its programs as a student runs them,
//! and its server with the clients that networks have.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
mod programs;

mod codecs;

use framing::{Frames, MAX_FRAME};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use programs::{
    ANY_PORT, DEADLINE, Program, assert_help, assert_port_in_use, assert_transcript, connect,
    installed, reset, without_ports,
};

const SERVER: &str = env!("CARGO_BIN_EXE_frame-server");
const CLIENT: &str = env!("CARGO_BIN_EXE_frame-client");
const EVERY_SPLIT: &str = env!("CARGO_BIN_EXE_every-split");
const ROUND_TRIPS: &str = env!("CARGO_BIN_EXE_round-trips");

/// For peers that will certainly do nothing: how long we let them.
const SHORT: Duration = Duration::from_millis(100);
/// Bytes. More than the kernel's buffers hold for one connection, both directions together.
const MORE_THAN_BUFFERS_HOLD: usize = 64 * 1024 * 1024;

type Report = (SocketAddr, io::Result<u64>);

/// Echoes frames for the next `clients` in the background.
fn serve(idle: Duration, clients: usize) -> (SocketAddr, Receiver<Report>) {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, reports) = mpsc::channel();
    thread::spawn(move || {
        let mut left = clients;
        framing::serve(&listener, idle, |client, outcome| {
            sender.send((client, outcome)).unwrap();
            left -= 1;
            if left == 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
    });
    (address, reports)
}

/// What a client gets back that sends `bytes` and ends its half.
fn answer_to(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(address);
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn the_session_is_the_one_in_the_book() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address().to_string();
    let mut client = Program::start(CLIENT, &[&address]);
    let mut session = format!(
        "$ cargo run -q --bin frame-server\nlistening on {address}\nSERVER\n\n\
         $ cargo run -q --bin frame-client      (in another terminal)\n"
    );
    for typed in ["hello\n", "안녕하세요\n"] {
        client.type_in(typed.as_bytes());
        let answer = client.line() + "\n";
        assert_eq!(answer, typed);
        session += typed;
        session += &answer;
    }
    let client = client.finish();
    assert!(client.status.success(), "{}", client.errors);
    assert_eq!(client.output, b"");

    // Without an argument the server has this port.
    let session = session
        .replace("SERVER", &server.line())
        .replace(&address, "127.0.0.1:7003");
    assert_transcript("frames.txt", &session, without_ports);
}

#[test]
fn every_split_is_the_one_in_the_book() {
    let run = Program::start(EVERY_SPLIT, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let session = format!("$ cargo run -q --bin every-split\n{text}");
    // Nothing in it depends on where or when it runs.
    assert_transcript("every-split.txt", &session, str::to_string);
}

#[test]
fn round_trips_are_the_ones_in_the_book() {
    let run = Program::start(ROUND_TRIPS, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let text = String::from_utf8(run.output).unwrap();
    let session = format!("$ cargo run -q --bin round-trips\n{text}");
    assert_transcript("round-trips.txt", &session, without_times);
}

/// How long it took depends on where and when it runs.
fn without_times(text: &str) -> String {
    let before = |line: &str| {
        line.split_once("at a time: ")
            .map_or(line, |(before, _)| before)
            .to_string()
    };
    text.lines().map(before).collect::<Vec<_>>().join("\n")
}

/// A stream that gives and takes as little as it may.
struct Stingy {
    input: VecDeque<io::Result<Vec<u8>>>,
    output: Vec<u8>,
}

impl Stingy {
    /// Reads as `input` says, and then end of stream.
    fn new(input: impl IntoIterator<Item = io::Result<Vec<u8>>>) -> Self {
        Self {
            input: input.into_iter().collect(),
            output: Vec::new(),
        }
    }
}

impl Read for Stingy {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.input.pop_front().unwrap_or(Ok(Vec::new()))?;
        buffer[..piece.len()].copy_from_slice(&piece);
        Ok(piece.len())
    }
}

impl Write for Stingy {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend(bytes.first());
        Ok(bytes.len().min(1))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const TWO_FRAMES: &[u8] = b"\0\0\0\x02hi\0\0\0\x03you";

#[test]
fn the_driver_survives_interruptions_short_reads_and_short_writes() {
    let interrupted = || Err(ErrorKind::Interrupted.into());
    let pieces = TWO_FRAMES
        .iter()
        .flat_map(|byte| [interrupted(), Ok(vec![*byte])]);
    let mut stream = Stingy::new(pieces);
    assert_eq!(framing::echo_frames(&mut stream).unwrap(), 2);
    assert_eq!(stream.output, TWO_FRAMES);
}

#[test]
fn good_frames_are_answered_before_a_fault_is_reported() {
    let faults = [
        (&b"\0\0\0"[..], ErrorKind::UnexpectedEof),
        (b"\xff\xff\xff\xff", ErrorKind::InvalidData),
        (b"GET / HTTP/1.1\r\n\r\n", ErrorKind::InvalidData),
    ];
    for (fault, kind) in faults {
        let mut stream = Stingy::new([Ok([TWO_FRAMES, fault].concat())]);
        let error = framing::echo_frames(&mut stream).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(stream.output, TWO_FRAMES);
    }
}

#[test]
fn the_driver_reports_an_error_of_the_stream() {
    let reset = Err(ErrorKind::ConnectionReset.into());
    let mut stream = Stingy::new([Ok(TWO_FRAMES.to_vec()), reset]);
    let error = framing::echo_frames(&mut stream).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn an_answer_that_came_along_is_kept_for_the_next_question() {
    let mut stream = Stingy::new([Ok(TWO_FRAMES.to_vec())]);
    let mut frames = Frames::new(MAX_FRAME);
    assert_eq!(framing::ask(&mut stream, &mut frames, b"1").unwrap(), b"hi");
    assert_eq!(
        framing::ask(&mut stream, &mut frames, b"2").unwrap(),
        b"you"
    );
    let error = framing::ask(&mut stream, &mut frames, b"3").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn a_question_that_is_too_long_is_not_sent() {
    let mut stream = Stingy::new([]);
    let question = vec![b'x'; MAX_FRAME + 1];
    let error = framing::ask(&mut stream, &mut Frames::new(MAX_FRAME), &question).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert_eq!(stream.output, b"");
}

#[test]
fn answers_pipelined_frames_of_every_size() {
    let (address, reports) = serve(DEADLINE, 1);
    let mut frames = Frames::new(MAX_FRAME);
    for length in [0, 1, MAX_FRAME, 0, MAX_FRAME - 1, 5] {
        frames.send_frame(&vec![b'x'; length]).unwrap();
    }
    let sent = frames.data_to_send().to_vec();
    assert!(answer_to(address, &sent) == sent);
    assert_eq!(reports.recv_timeout(DEADLINE).unwrap().1.unwrap(), 6);
}

#[test]
fn serves_those_who_come_after_a_bad_client() {
    let (address, reports) = serve(DEADLINE, 6);
    let outcome = || reports.recv_timeout(DEADLINE).unwrap().1;

    drop(connect(address));
    assert_eq!(outcome().unwrap(), 0);
    let mut leaving = connect(address);
    leaving.write_all(b"\0\0\0\x09half").unwrap();
    leaving.shutdown(Shutdown::Write).unwrap();
    assert_eq!(outcome().unwrap_err().kind(), ErrorKind::UnexpectedEof);
    let mut resetting = connect(address);
    resetting.write_all(b"\0\0").unwrap();
    reset(resetting);
    assert_eq!(outcome().unwrap_err().kind(), ErrorKind::ConnectionReset);
    let mut greedy = connect(address);
    greedy.write_all(&[0xff; 4]).unwrap();
    let error = outcome().unwrap_err();
    assert_eq!(error.to_string(), "a message is longer than 65536 bytes");
    let mut browser = connect(address);
    browser.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(outcome().unwrap_err().kind(), ErrorKind::InvalidData);
    assert_eq!(answer_to(address, TWO_FRAMES), TWO_FRAMES);
    assert_eq!(outcome().unwrap(), 2);
}

#[test]
fn gives_up_a_client_that_stops_inside_a_frame() {
    let (address, reports) = serve(SHORT, 1);
    let mut silent = connect(address);
    silent.write_all(b"\0\0\0\x09half").unwrap();
    let error = reports.recv_timeout(DEADLINE).unwrap().1.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "nothing moved for 100ms");
}

#[test]
fn gives_up_a_client_that_never_reads() {
    let (address, reports) = serve(SHORT, 1);
    let mut greedy = connect(address);
    // Empty frames without end. The write ends with an error as soon as the server has gone.
    assert!(greedy.write_all(&vec![0; MORE_THAN_BUFFERS_HOLD]).is_err());
    let error = reports.recv_timeout(DEADLINE).unwrap().1.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[test]
fn answers_python_that_sends_three_frames_at_once() {
    if !installed("python3") {
        return;
    }
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let port = server.address().port().to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/frames.py");
    let python = Program::start("python3", &[script, "127.0.0.1", &port]).finish();
    assert!(python.status.success(), "{}", python.errors);
    assert_eq!(python.output, "안녕하세요\n\n소켓\n".as_bytes());
    assert!(server.line().ends_with(": echoed 3 frames"));
}

#[test]
fn answers_netcat_that_types_a_frame_by_hand() {
    if !installed("nc") {
        return;
    }
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let port = server.address().port().to_string();
    let mut netcat = Program::start("nc", &["127.0.0.1", &port]);
    netcat.type_in(b"\0\0\0\x03hi\n");
    assert_eq!(netcat.line(), "\0\0\0\x03hi");
}

#[test]
fn a_client_ends_with_its_server() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address().to_string();
    let mut client = Program::start(CLIENT, &[&address]);
    client.type_in(b"hello\n");
    assert_eq!(client.line(), "hello");
    drop(server);
    client.type_in(b"anybody there?\n");
    let ended = client.end();
    assert_eq!(ended.status.code(), Some(1));
    let sentence = format!("{address} ended the connection in the middle. ");
    assert!(ended.errors.starts_with(&sentence), "{}", ended.errors);
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let mut first = Program::start(SERVER, &[ANY_PORT]);
    assert_port_in_use(SERVER, first.address());
}

#[test]
fn help_names_the_program_and_its_address() {
    assert_help(SERVER, "frame-server [ADDRESS]", "127.0.0.1:7003");
    assert_help(CLIENT, "frame-client [ADDRESS]", "127.0.0.1:7003");
    assert_help(ROUND_TRIPS, "round-trips [ADDRESS]", ANY_PORT);
    let run = Program::start(EVERY_SPLIT, &["--help"]).finish();
    assert!(run.status.success());
    assert!(run.output.starts_with(b"Usage: every-split\n"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_server() {
    programs::assert_ctrl_c(SERVER);
}
