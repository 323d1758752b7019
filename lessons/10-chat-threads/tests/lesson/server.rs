//! The server with real clients, good and bad. What every chat server does is in `peer::chat`; here
//! is what this one decides.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use chat_threads::protocol::{MAX_TEXT, Notice, Refused};
use chat_threads::serve;
use framing::{Event, Frames, MAX_FRAME};
use socket2::{Domain, SockRef, Socket, Type};
use threads::{Limits, News, Stop};

use crate::programs::{ANY_PORT, DEADLINE, assert_nobody_listens, connect, reset};

/// For what will certainly not happen: how long we give it.
const SHORT: Duration = Duration::from_millis(100);

/// Bytes of the kernel's send buffer for each of the server's connections.
const SMALL: usize = 16 * 1024;

/// Bytes. More than all buffers between a client and the server hold.
const TOO_MUCH: usize = 64 * 1024 * 1024;

/// Nothing that a test does takes so long.
pub const PATIENT: Limits = Limits {
    connections: 100,
    idle: DEADLINE,
    drain: DEADLINE,
};

struct Server {
    address: SocketAddr,
    stop: Stop,
    news: Receiver<News>,
    thread: JoinHandle<io::Result<usize>>,
}

fn start(limits: Limits) -> Server {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    // Accepted sockets inherit it. Left alone it grows, and may take all that waits for a client
    // that does not read.
    SockRef::from(&listener)
        .set_send_buffer_size(SMALL)
        .unwrap();
    let address = listener.local_addr().unwrap();
    let stop = Stop::new();
    let asked = stop.clone();
    let (sender, news) = mpsc::channel();
    let thread = thread::spawn(move || {
        serve(listener, limits, &asked, move |news| {
            let _ = sender.send(news);
        })
    });
    Server {
        address,
        stop,
        news,
        thread,
    }
}

impl Server {
    fn ended(&self) -> io::Result<u64> {
        match self.news.recv_timeout(DEADLINE).unwrap() {
            News::Ended(_, outcome) => outcome,
            other => panic!("{other:?}"),
        }
    }

    /// Stops it, and returns how many were cut off.
    fn stop(self) -> usize {
        self.stop.stop();
        let cut_off = self.thread.join().unwrap().unwrap();
        assert_nobody_listens(self.address);
        cut_off
    }
}

/// A client that speaks the protocol.
pub struct Chatter {
    stream: TcpStream,
    frames: Frames,
}

impl Chatter {
    pub fn connect(address: SocketAddr) -> Self {
        Self::on(connect(address))
    }

    /// With a receive buffer as small as can be: when it does not read, its kernel takes little.
    pub fn connect_small(address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(1).unwrap();
        socket.connect_timeout(&address.into(), DEADLINE).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        socket.set_write_timeout(Some(DEADLINE)).unwrap();
        Self::on(socket.into())
    }

    fn on(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            frames: Frames::new(MAX_FRAME),
        }
    }

    /// Comes in, and has heard of it.
    pub fn join(address: SocketAddr, name: &str) -> Self {
        Self::connect(address).comes_in(name)
    }

    pub fn comes_in(self, name: &str) -> Self {
        let mut chatter = self;
        chatter.say(name);
        assert!(matches!(chatter.hear(), Some(Notice::Welcome(_))));
        assert_eq!(chatter.hear(), Some(Notice::Joined(name.into())));
        chatter
    }

    pub fn say(&mut self, text: &str) {
        self.stream.write_all(&framed(text)).unwrap();
    }

    /// The next notice, or `None` at the end of the stream.
    pub fn hear(&mut self) -> Option<Notice> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.frames.next_event().unwrap() {
                Some(Event::Message(payload)) => return Some(Notice::parse(&payload).unwrap()),
                Some(Event::End) => return None,
                None => match self.stream.read(&mut buffer).unwrap() {
                    0 => self.frames.receive_end(),
                    count => self.frames.receive_data(&buffer[..count]),
                },
            }
        }
    }

    /// Talks without listening until nothing moves any more: its own words wait for it.
    pub fn floods(&mut self) {
        self.stream.set_write_timeout(Some(2 * SHORT)).unwrap();
        let texts = framed(&"x".repeat(MAX_TEXT)).repeat(16);
        let (mut sent, mut stalls) = (0, 0);
        // On a busy machine a moment without movement proves nothing; several in a row do.
        while stalls < 3 {
            assert!(sent < TOO_MUCH, "the server takes everything");
            match self.stream.write(&texts[sent % texts.len()..]) {
                Ok(count) => (sent, stalls) = (sent + count, 0),
                Err(_) => stalls += 1,
            }
        }
    }

    /// Hears until `last`, and returns what came before.
    fn hear_until(&mut self, last: &Notice) -> Vec<Notice> {
        let mut heard = Vec::new();
        loop {
            match self.hear() {
                Some(notice) if notice == *last => return heard,
                Some(notice) => heard.push(notice),
                None => panic!("the end came before {last}"),
            }
        }
    }
}

fn framed(text: &str) -> Vec<u8> {
    let mut frames = Frames::new(MAX_FRAME);
    frames.send_frame(text.as_bytes()).unwrap();
    frames.data_to_send().to_vec()
}

fn said(name: &str, text: &str) -> Notice {
    Notice::Said(name.into(), text.into())
}

#[test]
fn conforms() {
    peer::chat::conforms(serve);
}

#[test]
fn who_talks_without_a_pause_is_heard_by_all_who_listen() {
    const COUNT: usize = 15_000;
    let server = start(PATIENT);
    let mut ana = Chatter::join(server.address, "ana");
    let mut bob = Chatter::join(server.address, "bob");
    let goodbye = said("ana", "goodbye");
    // As notices of 14 bytes, a little less than what may wait for one: nobody can be put out.
    let texts = framed("x").repeat(COUNT);
    let mut out = ana.stream.try_clone().unwrap();
    let talker = thread::spawn(move || {
        out.write_all(&texts).unwrap();
        out.write_all(&framed("goodbye")).unwrap();
    });
    let until = goodbye.clone();
    let listener = thread::spawn(move || bob.hear_until(&until));
    let by_ana = ana.hear_until(&goodbye);
    let by_bob = listener.join().unwrap();
    talker.join().unwrap();
    assert_eq!(by_bob.len(), COUNT);
    assert_eq!(by_ana[1..], by_bob); // Ana heard that Bob had come.
}

#[test]
fn who_talks_and_does_not_listen_waits_for_itself_and_harms_nobody() {
    let server = start(Limits {
        idle: 5 * SHORT,
        ..PATIENT
    });
    let mut eve = Chatter::connect_small(server.address).comes_in("eve");
    eve.floods();
    // It has taken nothing for the idle time, so it is given up.
    assert_eq!(server.ended().unwrap_err().kind(), ErrorKind::TimedOut);
    Chatter::join(server.address, "eve");
    assert_eq!(server.ended().unwrap(), 1);
    assert_eq!(server.stop(), 0);
}

#[test]
fn the_reason_why_a_slow_member_is_out_is_told() {
    let server = start(PATIENT);
    let mut ana = Chatter::join(server.address, "ana");
    let mut slow = Chatter::join(server.address, "slow");
    assert_eq!(ana.hear(), Some(Notice::Joined("slow".into())));
    let text = "x".repeat(MAX_TEXT);
    loop {
        ana.say(&text);
        if ana.hear() == Some(Notice::Left("slow".into())) {
            break;
        }
    }
    let why = server.ended().unwrap_err().to_string();
    assert!(why.starts_with("it reads too slowly"), "{why}");
    // What it says now is no name, and nobody's word.
    let _ = slow.stream.write_all(&framed("slower"));
    ana.say("");
    ana.stream.shutdown(Shutdown::Write).unwrap();
    let rest: Vec<_> = std::iter::from_fn(|| ana.hear()).collect();
    assert!(rest.is_empty() || rest == [said("ana", &text)], "{rest:?}");
}

#[test]
fn a_refusal_arrives_though_more_is_on_its_way() {
    let server = start(PATIENT);
    let mut eve = Chatter::join(server.address, "eve");
    let much = vec![0xff; 1024 * 1024];
    eve.stream.write_all(&much).unwrap();
    assert_eq!(eve.hear(), Some(Notice::Refused(Refused::BadText)));
    assert_eq!(eve.hear(), None);
    eve.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(server.ended().unwrap_err().kind(), ErrorKind::InvalidData);
}

#[test]
fn what_was_said_before_the_end_of_the_stream_comes_back() {
    let server = start(PATIENT);
    let mut ana = Chatter::connect(server.address);
    let all = [framed("ana"), framed("one"), framed("two")].concat();
    ana.stream.write_all(&all).unwrap();
    ana.stream.shutdown(Shutdown::Write).unwrap();
    let heard: Vec<_> = std::iter::from_fn(|| ana.hear()).collect();
    assert_eq!(heard[2..], [said("ana", "one"), said("ana", "two")]);
    assert_eq!(server.ended().unwrap(), 3);
}

#[test]
fn an_empty_message_shows_that_somebody_is_there() {
    let server = start(Limits {
        idle: 10 * SHORT,
        ..PATIENT
    });
    let mut ana = Chatter::join(server.address, "ana");
    // Longer than it may be silent, in steps far shorter than that: this machine may be busy.
    for _ in 0..6 {
        thread::sleep(2 * SHORT);
        ana.say("");
    }
    ana.say("still here");
    assert_eq!(ana.hear(), Some(said("ana", "still here")));
    // And now it says a frame byte by byte, and never its end.
    let notice = Some(Notice::Refused(Refused::Silent));
    let (out, refused) = (ana.stream.try_clone().unwrap(), mpsc::channel());
    let trickler = thread::spawn(move || {
        let mut bytes = framed(&"x".repeat(MAX_TEXT)).into_iter();
        while refused.1.recv_timeout(SHORT / 10).is_err() {
            let _ = (&out).write_all(&[bytes.next().unwrap_or_default()]);
        }
    });
    assert_eq!(ana.hear(), notice);
    refused.0.send(()).unwrap();
    trickler.join().unwrap();
}

#[test]
fn errors_of_one_client_are_reported_and_harm_nobody() {
    let server = start(PATIENT);
    let mut ana = Chatter::join(server.address, "ana");
    for round in 0..20 {
        let name = format!("bob{round}");
        let bob = Chatter::join(server.address, &name);
        reset(bob.stream);
        let error = server.ended().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(ana.hear(), Some(Notice::Joined(name.clone())));
        assert_eq!(ana.hear(), Some(Notice::Left(name)));
    }
    let mut half = connect(server.address);
    half.write_all(b"\0\0").unwrap();
    drop(half);
    assert_eq!(server.ended().unwrap_err().kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn a_place_is_given_back_however_a_conversation_ends() {
    let server = start(Limits {
        connections: 1,
        ..PATIENT
    });
    for round in 0..30 {
        let mut client = Chatter::join(server.address, "ana");
        match round % 3 {
            0 => reset(client.stream),
            1 => drop(client),
            _ => client.say(&"x".repeat(MAX_TEXT + 1)),
        }
    }
    assert_eq!(server.stop(), 0);
}

#[test]
fn stops_whatever_it_waits_for() {
    // In accept, with nobody there.
    assert_eq!(start(PATIENT).stop(), 0);
    // At the cap, with a client in the backlog.
    let server = start(Limits {
        connections: 1,
        ..PATIENT
    });
    let mut ana = Chatter::join(server.address, "ana");
    let waiting = connect(server.address);
    assert_eq!(server.stop(), 0);
    assert_eq!(ana.hear(), Some(Notice::Closing));
    assert_eq!(ana.hear(), None);
    drop(waiting);
    // Before it has begun.
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let stop = Stop::new();
    stop.stop();
    assert_eq!(serve(listener, PATIENT, &stop, |_| ()).unwrap(), 0);
    // Bound to all addresses.
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let stop = Stop::new();
    let asked = stop.clone();
    let server = thread::spawn(move || serve(listener, PATIENT, &asked, |_| ()));
    stop.stop();
    assert_eq!(server.join().unwrap().unwrap(), 0);
}

#[test]
fn what_was_said_before_the_stop_is_told_after_it() {
    let server = start(PATIENT);
    let mut ana = Chatter::join(server.address, "ana");
    let mut bob = Chatter::join(server.address, "bob");
    ana.say("last words");
    assert_eq!(ana.hear(), Some(Notice::Joined("bob".into())));
    assert_eq!(ana.hear(), Some(said("ana", "last words")));
    assert_eq!(server.stop(), 0);
    assert_eq!(
        bob.hear_until(&Notice::Closing),
        [said("ana", "last words")]
    );
    assert_eq!(bob.hear(), None);
}

#[test]
fn cuts_off_who_does_not_read_and_nobody_else() {
    let server = start(Limits {
        drain: 3 * SHORT,
        ..PATIENT
    });
    let mut eve = Chatter::connect_small(server.address).comes_in("eve");
    eve.floods();
    let mut ana = Chatter::join(server.address, "ana");
    assert_eq!(server.stop(), 1);
    ana.hear_until(&Notice::Closing);
    assert_eq!(ana.hear(), None);
}
