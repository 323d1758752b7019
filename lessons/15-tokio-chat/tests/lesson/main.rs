//! Lesson 15 from the outside: its programs as a student runs them, and its server with members that
//! do what the engine has to survive.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

#[allow(dead_code, reason = "each lesson uses a part of it")]
#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
mod programs;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use chat_threads::MAX_QUEUE;
use chat_threads::protocol::{MAX_TEXT, Notice, Refused};
use framing::{Event, Frames, MAX_FRAME};
use programs::{
    ANY_PORT, DEADLINE, Program, assert_help, assert_nobody_listens, assert_port_in_use,
    assert_transcript, connect, reset,
};
use threads::{Limits, News, Stop};

const SERVER: &str = env!("CARGO_BIN_EXE_tokio-chat");
const CANCELLED: &str = env!("CARGO_BIN_EXE_cancelled");
const LAGGED: &str = env!("CARGO_BIN_EXE_lagged");

/// For what will certainly not happen: how long we give it.
const SHORT: Duration = Duration::from_millis(200);
/// For what must come, and only then: a test waits for it, so it is short; but a busy machine must not
/// take a client that talks for one that is silent.
const A_MOMENT: Duration = Duration::from_millis(1_500);
/// Bytes that a buffer of the kernel may have, where a test has to fill it. Linux doubles it.
const BUFFER: usize = 16 * 1024;
/// Limits that no test reaches.
const LIMITS: Limits = Limits {
    connections: 100,
    idle: DEADLINE,
    drain: DEADLINE,
};

/// The server as the other engines have it, with a runtime around it.
fn serve(
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio_chat::serve(listener, limits, stop, report).await
    })
}

/// A server that runs in this process.
struct Server {
    address: SocketAddr,
    news: Receiver<News>,
    stop: Stop,
    served: JoinHandle<io::Result<usize>>,
}

impl Server {
    fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind(ANY_PORT).unwrap();
        // Accepted sockets inherit it. Left alone, buffers grow with use, tcp(7).
        socket2::SockRef::from(&listener)
            .set_send_buffer_size(BUFFER)
            .unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, news) = mpsc::channel();
        let stop = Stop::new();
        let asked = stop.clone();
        let served = thread::spawn(move || {
            serve(listener, limits, &asked, move |news| {
                let _ = sender.send(news);
            })
        });
        Self {
            address,
            news,
            stop,
            served,
        }
    }

    /// How the next conversation ended.
    fn ended(&self) -> io::Result<u64> {
        match self.news.recv_timeout(DEADLINE).unwrap() {
            News::Ended(_, outcome) => outcome,
            other => panic!("{other:?}"),
        }
    }

    fn stop(self) -> usize {
        self.stop.stop();
        self.served.join().unwrap().unwrap()
    }
}

/// A member, or who wants to become one.
struct Member {
    stream: TcpStream,
    frames: Frames,
}

impl Member {
    fn connect(address: SocketAddr) -> Self {
        Self {
            stream: connect(address),
            frames: Frames::new(MAX_FRAME),
        }
    }

    /// Takes part from now on: its own arrival has been told.
    fn join(address: SocketAddr, name: &str) -> Self {
        let mut member = Self::connect(address);
        member.say(name);
        assert!(matches!(member.hear(), Notice::Welcome(_)));
        assert_eq!(member.hear(), Notice::Joined(name.to_string()));
        member
    }

    fn say(&mut self, text: &str) {
        self.stream.write_all(&frame(text.as_bytes())).unwrap();
    }

    fn next(&mut self) -> io::Result<Event> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(event) = self.frames.next_event()? {
                return Ok(event);
            }
            match self.stream.read(&mut buffer)? {
                0 => self.frames.receive_end(),
                count => self.frames.receive_data(&buffer[..count]),
            }
        }
    }

    fn hear(&mut self) -> Notice {
        match self.next().unwrap() {
            Event::Message(message) => Notice::parse(&message).unwrap(),
            Event::End => panic!("the stream ended"),
        }
    }

    #[track_caller]
    fn hears(&mut self, text: &str) {
        assert_eq!(self.hear().to_string(), text);
    }

    #[track_caller]
    fn hears_the_end(&mut self) {
        assert_eq!(self.next().unwrap(), Event::End);
    }
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frames = Frames::new(MAX_FRAME);
    frames.send_frame(payload).unwrap();
    frames.data_to_send().to_vec()
}

#[test]
fn is_a_chat_server_like_all_the_others() {
    peer::chat::conforms(serve);
}

#[test]
fn all_members_hear_the_same_in_the_same_order() {
    const MEMBERS: usize = 8;
    const MESSAGES: usize = 50;
    let server = Server::start(LIMITS);
    let mut members: Vec<Member> = (0..MEMBERS)
        .map(|number| Member::join(server.address, &format!("m{number}")))
        .collect();
    // Each has heard of those who came after it.
    for (number, member) in members.iter_mut().enumerate() {
        for later in number + 1..MEMBERS {
            member.hears(&format!("joined m{later}"));
        }
    }
    let talking: Vec<_> = members
        .into_iter()
        .map(|mut member| {
            thread::spawn(move || {
                for number in 0..MESSAGES {
                    member.say(&number.to_string());
                }
                let all = (0..MEMBERS * MESSAGES).map(|_| member.hear().to_string());
                (all.collect::<Vec<_>>(), member)
            })
        })
        .collect();
    let heard: Vec<_> = talking.into_iter().map(|one| one.join().unwrap()).collect();
    for (all, _) in &heard {
        assert_eq!(*all, heard[0].0);
    }
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_frame_that_comes_byte_by_byte_while_others_talk_is_whole() {
    let server = Server::start(LIMITS);
    let mut ana = Member::join(server.address, "ana");
    let mut bob = Member::join(server.address, "bob");
    ana.hears("joined bob");
    // Each byte of bob's is followed by a message that bob is told: its task waits for the rest of
    // the frame, and another branch of its select! wins, again and again.
    for (number, byte) in frame("안녕하세요".as_bytes()).into_iter().enumerate() {
        bob.stream.write_all(&[byte]).unwrap();
        if number + 1 < frame("안녕하세요".as_bytes()).len() {
            ana.say("tick");
            ana.hears("said ana tick");
            bob.hears("said ana tick");
        }
    }
    ana.hears("said bob 안녕하세요");
    bob.hears("said bob 안녕하세요");
    assert_eq!(server.stop(), 0);
}

#[test]
fn hears_the_rest_after_its_own_end_of_stream() {
    let server = Server::start(LIMITS);
    let mut ana = Member::connect(server.address);
    ana.stream
        .write_all(&[frame(b"ana"), frame(b"bye")].concat())
        .unwrap();
    ana.stream.shutdown(Shutdown::Write).unwrap();
    ana.hears("welcome");
    ana.hears("joined ana");
    ana.hears("said ana bye");
    ana.hears_the_end();
    assert_eq!(server.ended().unwrap(), 2);
    assert_eq!(server.stop(), 0);
}

#[test]
fn refuses_with_a_reason_that_arrives() {
    let server = Server::start(LIMITS);
    let mut ana = Member::join(server.address, "ana");
    let much = vec![b'x'; 1024 * 1024];
    let too_long = [(MAX_TEXT as u32 + 1).to_be_bytes().to_vec(), much].concat();
    for (bytes, why) in [
        (frame(b"ana"), Refused::NameTaken),
        (frame(b"two words"), Refused::BadName),
        // It goes on sending after the refusal, and is not reset for that before it has read it.
        (too_long.clone(), Refused::BadName),
        ([frame(b"bob"), too_long].concat(), Refused::BadText),
    ] {
        let mut guest = Member::connect(server.address);
        guest.stream.write_all(&bytes).unwrap();
        if why == Refused::BadText {
            guest.hears("welcome ana");
            guest.hears("joined bob");
        }
        assert_eq!(guest.hear(), Notice::Refused(why));
        guest.hears_the_end();
        drop(guest);
        assert_eq!(server.ended().unwrap_err().kind(), ErrorKind::InvalidData);
    }
    ana.hears("joined bob");
    ana.hears("left bob");
    assert_eq!(server.stop(), 0);
}

#[test]
fn the_silent_are_refused_and_empty_messages_count() {
    let limits = Limits {
        idle: A_MOMENT,
        ..LIMITS
    };
    let server = Server::start(limits);
    let mut ana = Member::join(server.address, "ana");
    let mut bob = Member::join(server.address, "bob");
    ana.hears("joined bob");
    let alive = thread::spawn(move || {
        ana.stream.set_read_timeout(Some(SHORT / 4)).unwrap();
        loop {
            ana.say("");
            match ana.next() {
                Ok(Event::Message(message)) => {
                    let text = String::from_utf8(message).unwrap();
                    assert_eq!(text, "left bob");
                    return ana;
                }
                Ok(Event::End) => panic!("ana was not silent"),
                Err(_) => {} // Nothing came in this time.
            }
        }
    });
    assert_eq!(bob.hear(), Notice::Refused(Refused::Silent));
    bob.hears_the_end();
    let _ana = alive.join().unwrap();
    drop(bob);
    assert_eq!(server.ended().unwrap_err().kind(), ErrorKind::TimedOut);
    server.stop();
}

#[test]
fn who_does_not_read_is_put_out_and_the_others_hear_everything() {
    let server = Server::start(LIMITS);
    let mut ana = Member::join(server.address, "ana");
    let deaf = Member::join(server.address, "deaf");
    ana.hears("joined deaf");
    let long = "x".repeat(MAX_TEXT);
    // Kernel buffers first, then the queue. One more message at a time: ana's own never waits.
    loop {
        ana.say(&long);
        let heard = ana.hear();
        if heard == Notice::Left("deaf".to_string()) {
            break;
        }
        assert_eq!(heard.to_string(), format!("said ana {long}"));
    }
    assert_eq!(server.ended().unwrap_err().kind(), ErrorKind::WriteZero);
    // A name is free again.
    drop(deaf);
    drop(Member::join(server.address, "deaf"));
    assert_eq!(server.stop(), 0);
}

#[test]
fn who_talks_and_does_not_listen_is_not_listened_to_and_loses_nothing() {
    const TEXTS: usize = 5_000;
    let server = Server::start(LIMITS);
    let mut ana = Member::join(server.address, "ana");
    let mut talks = ana.stream.try_clone().unwrap();
    // 20 MB, and every byte comes back: more than the buffers of two kernels and the queue hold.
    let text = "x".repeat(4_000);
    let said = Notice::Said("ana".to_string(), text.clone());
    let texts = frame(text.as_bytes()).repeat(TEXTS);
    let talking = thread::spawn(move || talks.write_all(&texts));
    thread::sleep(SHORT); // It may talk for a while before anybody listens.
    for _ in 0..TEXTS {
        assert_eq!(ana.hear(), said);
    }
    talking.join().unwrap().unwrap();
    ana.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(server.ended().unwrap(), 1 + TEXTS as u64);
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_reset_harms_nobody() {
    let server = Server::start(LIMITS);
    let mut ana = Member::join(server.address, "ana");
    let bob = Member::join(server.address, "bob");
    ana.hears("joined bob");
    reset(bob.stream);
    ana.hears("left bob");
    assert!(server.ended().is_err());
    ana.say("still here");
    ana.hears("said ana still here");
    assert_eq!(server.stop(), 0);
}

#[test]
fn at_the_cap_clients_wait_in_the_backlog() {
    let limits = Limits {
        connections: 1,
        ..LIMITS
    };
    let server = Server::start(limits);
    let ana = Member::join(server.address, "ana");
    let mut bob = Member::connect(server.address);
    bob.say("bob");
    bob.stream.set_read_timeout(Some(SHORT)).unwrap();
    assert!(bob.next().is_err());
    bob.stream.set_read_timeout(Some(DEADLINE)).unwrap();
    drop(ana);
    bob.hears("welcome");
    drop(bob);
    assert_eq!(server.stop(), 0);
}

#[test]
fn stops_with_a_word_and_cuts_off_only_who_does_not_read() {
    let limits = Limits {
        drain: A_MOMENT,
        ..LIMITS
    };
    let server = Server::start(limits);
    let mut ana = Member::join(server.address, "ana");
    let mut nameless = Member::connect(server.address);
    let deaf = Member::join(server.address, "deaf");
    ana.hears("joined deaf");
    // More than the kernel's buffers take, and less than the queue: `deaf` is in the room, and what
    // waits for it will not go out.
    socket2::SockRef::from(&deaf.stream)
        .set_recv_buffer_size(BUFFER)
        .unwrap();
    let long = "x".repeat(MAX_TEXT);
    for _ in 0..MAX_QUEUE * 3 / 4 / MAX_TEXT {
        ana.say(&long);
        ana.hears(&format!("said ana {long}"));
    }
    // What comes after the server has stopped reading must not turn the end into a reset.
    ana.say("unheard, perhaps");
    let (stop, address) = (server.stop.clone(), server.address);
    stop.stop();
    loop {
        match ana.hear() {
            Notice::Closing => break,
            other => assert_eq!(other.to_string(), "said ana unheard, perhaps"),
        }
    }
    ana.hears_the_end();
    nameless.hears_the_end();
    assert_eq!(server.stop(), 1);
    assert_nobody_listens(address);
    drop(deaf);
}

#[test]
fn tokio_chat_ends_after_ctrl_c() {
    let mut server = Program::start(SERVER, &[ANY_PORT]);
    let address = server.address();
    let mut ana = Member::join(address, "ana");
    let deaf = Member::join(address, "deaf");
    ana.hears("joined deaf");
    let ended = server.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    ana.hears("closing");
    ana.hears_the_end();
    drop(deaf);
    let output = String::from_utf8(ended.output).unwrap();
    assert!(
        output.ends_with("stopped; conversations that were cut off: 0\n"),
        "{output}"
    );
}

#[test]
fn tokio_chat_explains_itself() {
    assert_help(SERVER, "tokio-chat [ADDRESS]", "127.0.0.1:7015");
    let taken = TcpListener::bind(ANY_PORT).unwrap();
    assert_port_in_use(SERVER, taken.local_addr().unwrap());
}

fn transcript(program: &str, name: &str) {
    let run = Program::start(program, &[]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let name_of_program = name.trim_end_matches(".txt");
    let output = String::from_utf8(run.output).unwrap();
    let session = format!("$ cargo run -q --bin {name_of_program}\n{output}");
    assert_transcript(name, &session, str::to_string);
}

#[test]
fn cancelled_shows_what_is_lost() {
    transcript(CANCELLED, "cancelled.txt");
}

#[test]
fn lagged_shows_every_result() {
    transcript(LAGGED, "lagged.txt");
}

#[test]
fn programs_without_an_address_explain_themselves() {
    for (program, name) in [(CANCELLED, "cancelled"), (LAGGED, "lagged")] {
        let run = Program::start(program, &["--help"]).finish();
        let help = String::from_utf8(run.output).unwrap();
        assert!(help.starts_with(&format!("Usage: {name}\n")), "{help}");
    }
}
