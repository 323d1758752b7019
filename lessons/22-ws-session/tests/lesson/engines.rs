//! The echo server with each of its engines, and clients good and bad.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use threads::{Limits, News, Stop};
use ws_frames::{Kind, Opcode, Violation};
use ws_handshake::{Origins, Policy, upgrade};
use ws_session::{Closed, Session, Times};

use crate::client::{Client, MAX};
use crate::programs::{ANY_PORT, DEADLINE, connect, reset};
use crate::said::{KEY, Said, clean, farewell, frame, text};

#[derive(Clone, Copy, Debug)]
enum Engine {
    Threads,
    Mio,
    Tokio,
}

const ALL: [Engine; 3] = [Engine::Threads, Engine::Mio, Engine::Tokio];

const LIMITS: Limits = Limits {
    connections: 64,
    idle: DEADLINE,
    drain: DEADLINE,
};

/// What no test here should reach.
const PATIENT: Times = Times {
    quiet: DEADLINE,
    pong: DEADLINE,
    close: DEADLINE,
};

/// For clients that are given up.
const SHORT: Duration = Duration::from_millis(100);

/// As long as a good client may need for its handshake on a busy machine, and a bad one is waited for.
const SOON: Duration = Duration::from_secs(2);

struct Server {
    engine: Engine,
    address: SocketAddr,
    stop: Stop,
    news: Receiver<News>,
    ended: JoinHandle<io::Result<usize>>,
}

impl Server {
    fn start(engine: Engine, limits: Limits, times: Times) -> Self {
        let listener = TcpListener::bind(ANY_PORT).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let asked = stop.clone();
        let (sender, news) = mpsc::channel();
        let report = move |news| {
            let _ = sender.send(news);
        };
        let policy = Policy {
            origins: Origins::Ours,
            subprotocols: Vec::new(),
        };
        let welcome =
            move |request: &_| Ok((upgrade(request, &policy)?, Session::server(MAX, None)));
        let ended = thread::spawn(move || match engine {
            Engine::Threads => {
                ws_session::threads::serve(listener, limits, times, &asked, report, welcome)
            }
            Engine::Mio => ws_session::mio::serve(listener, limits, times, &asked, report, welcome),
            Engine::Tokio => {
                let mut runtime = tokio::runtime::Builder::new_current_thread();
                runtime.enable_all().build()?.block_on(async {
                    listener.set_nonblocking(true)?;
                    let listener = tokio::net::TcpListener::from_std(listener)?;
                    ws_session::tokio::serve(listener, limits, times, &asked, report, welcome).await
                })
            }
        });
        Self {
            engine,
            address,
            stop,
            news,
            ended,
        }
    }

    fn client(&self) -> Client {
        Client::open(self.address, "/")
    }

    /// How the next conversation ended.
    #[track_caller]
    fn ended(&self) -> io::Result<u64> {
        match self.news.recv_timeout(DEADLINE) {
            Ok(News::Ended(_, outcome)) => outcome,
            other => panic!("{:?}: a conversation should end: {other:?}", self.engine),
        }
    }

    /// Returns how many conversations were cut off.
    #[track_caller]
    fn stop(self) -> usize {
        self.stop.stop();
        self.wait()
    }

    #[track_caller]
    fn wait(self) -> usize {
        let started = Instant::now();
        while !self.ended.is_finished() {
            let engine = self.engine;
            assert!(started.elapsed() < DEADLINE, "{engine:?} should have ended");
            thread::sleep(Duration::from_millis(2));
        }
        self.ended.join().unwrap().unwrap()
    }
}

/// Runs `test` with a server of each engine, and asserts that it ends well.
fn with_each(limits: Limits, times: Times, test: impl Fn(&Server)) {
    for engine in ALL {
        let server = Server::start(engine, limits, times);
        test(&server);
        assert_eq!(server.stop(), 0, "{engine:?}");
    }
}

/// As [`with_each`], with all engines at once: for tests that wait.
fn with_all(times: Times, test: impl Fn(&Server) + Sync) {
    thread::scope(|scope| {
        for engine in ALL {
            let test = &test;
            scope.spawn(move || {
                let server = Server::start(engine, LIMITS, times);
                test(&server);
                assert_eq!(server.stop(), 0, "{engine:?}");
            });
        }
    });
}

/// Closes as one should: the server answers, and ends its stream first.
#[track_caller]
fn leave(mut client: Client) {
    client.close(1000, "");
    let answer = loop {
        match client.next() {
            Some(Said::Ping) => {} // It may have been under way.
            other => break other,
        }
    };
    assert_eq!(answer, Some(clean(1000, "")));
    client.hears_the_end();
}

#[test]
fn messages_of_every_kind_come_back() {
    with_each(LIMITS, PATIENT, |server| {
        let mut client = server.client();
        let mut count = 0;
        for length in [0, 1, 125, 126, 4096, 65_535, 65_536, 300_000, 1 << 20] {
            let message: Vec<u8> = (0..length).map(|at| at as u8).collect();
            client.send(Kind::Binary, &message);
            client.hears(Said::Message(Kind::Binary, message));
            let letters = "소켓 ".repeat(length / 7);
            client.say(&letters);
            client.hears(text(&letters));
            count += 2;
        }
        client.write(&frame(Opcode::Ping, true, Some(KEY), b"there?"));
        client.hears(Said::Pong(b"there?".to_vec()));
        leave(client);
        assert_eq!(server.ended().unwrap(), count);
    });
}

/// Many messages in one write, the first ones together with the request of the handshake.
#[test]
fn what_comes_at_once_is_answered_in_order() {
    with_each(LIMITS, PATIENT, |server| {
        let mut session = Session::client(MAX, || KEY, None);
        let mut bytes = Vec::new();
        for number in 0..3000 {
            session.send(Kind::Text, number.to_string().as_bytes(), &mut bytes);
        }
        let mut client = Client::open_with(connect(server.address), "/", &bytes[..20_000]);
        client.write(&bytes[20_000..]);
        for number in 0..3000 {
            client.hears(text(&number.to_string()));
        }
        leave(client);
        assert_eq!(server.ended().unwrap(), 3000);
    });
}

#[test]
fn fragments_and_what_comes_between_them() {
    with_each(LIMITS, PATIENT, |server| {
        let mut client = server.client();
        let key = Some(KEY);
        let long = vec![b'x'; 100_000];
        for bytes in [
            frame(Opcode::Text, false, key, "소".as_bytes()),
            frame(Opcode::Ping, true, key, b"?"),
            frame(Opcode::Continuation, false, key, &long),
            frame(Opcode::Continuation, true, key, "켓".as_bytes()),
        ] {
            // Cut, so that frames and reads have nothing to do with each other.
            for piece in bytes.chunks(40_000) {
                client.write(piece);
            }
        }
        client.hears(Said::Pong(b"?".to_vec()));
        let whole = ["소".as_bytes(), &long, "켓".as_bytes()].concat();
        client.hears(Said::Message(Kind::Text, whole));
        leave(client);
    });
}

#[test]
fn single_bytes() {
    with_each(LIMITS, PATIENT, |server| {
        let mut client = server.client();
        client.stream.set_nodelay(true).unwrap();
        let bytes = [
            frame(Opcode::Text, true, Some(KEY), "천천히".as_bytes()),
            frame(Opcode::Binary, true, Some(KEY), &[7; 200]),
        ];
        for byte in bytes.concat() {
            client.write(&[byte]);
        }
        client.hears(text("천천히"));
        client.hears(Said::Message(Kind::Binary, vec![7; 200]));
        leave(client);
    });
}

/// Back-pressure: a client that reads late gets everything, and the others are served meanwhile.
#[test]
fn a_slow_reader_loses_nothing() {
    with_each(LIMITS, PATIENT, |server| {
        let mut slow = server.client();
        let mut session = Session::client(MAX, || KEY, None);
        let messages: Vec<Vec<u8>> = (0..16).map(|n| vec![n; 700_000]).collect();
        let mut writer = slow.stream.try_clone().unwrap();
        let said = messages.clone();
        let (begun, has_begun) = mpsc::channel();
        let writing = thread::spawn(move || {
            for message in said {
                let mut bytes = Vec::new();
                session.send(Kind::Binary, &message, &mut bytes);
                writer.write_all(&bytes).unwrap();
                let _ = begun.send(());
            }
        });
        has_begun.recv_timeout(DEADLINE).unwrap();
        let mut quick = server.client();
        quick.say("meanwhile");
        quick.hears(text("meanwhile"));
        for message in messages {
            slow.hears(Said::Message(Kind::Binary, message));
        }
        writing.join().unwrap();
        leave(quick);
        leave(slow);
    });
}

/// A client that sends and never reads takes no memory without end, and is given up.
#[test]
fn a_client_that_never_reads() {
    let times = Times {
        quiet: SHORT,
        pong: SOON,
        close: SHORT,
    };
    with_all(times, |server| {
        let mut client = server.client();
        let bytes = frame(Opcode::Binary, true, Some(KEY), &vec![0; 1 << 20]);
        client.stream.set_write_timeout(Some(DEADLINE)).unwrap();
        let error = loop {
            if let Err(error) = client.stream.write_all(&bytes) {
                break error;
            }
        };
        // Had the server taken it all, this would have been a timeout, if anything.
        let gone = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
        assert!(gone.contains(&error.kind()), "{:?}: {error}", server.engine);
        let ended = server.ended().unwrap_err();
        assert_eq!(ended.kind(), ErrorKind::TimedOut, "{ended}");
    });
}

/// It answers, as every browser does by itself. So it stays.
#[test]
fn a_quiet_client_is_asked_and_answers() {
    let times = Times {
        quiet: SHORT,
        ..PATIENT
    };
    with_all(times, |server| {
        let mut answers = server.client();
        for _ in 0..3 {
            answers.hears(Said::Ping);
        }
        leave(answers);
        assert_eq!(server.ended().unwrap(), 0);
    });
}

#[test]
fn a_silent_client_is_asked_and_given_up() {
    let times = Times {
        quiet: SHORT,
        pong: SOON,
        close: SHORT,
    };
    with_all(times, |server| {
        let silent = server.client();
        let mut bytes = Vec::new();
        // It may be a reset: all that counts is that it ends.
        let _ = (&silent.stream).take(100).read_to_end(&mut bytes);
        assert_eq!(bytes, [0x89, 0]); // One ping.
        let ended = server.ended().unwrap_err();
        assert_eq!(ended.kind(), ErrorKind::TimedOut, "{ended}");
        drop(silent);
    });
}

/// Who does not begin, or does not finish its request, is not waited for.
#[test]
fn a_handshake_has_its_time() {
    let times = Times {
        pong: SHORT,
        close: SHORT,
        ..PATIENT
    };
    with_each(LIMITS, times, |server| {
        for begun in ["", "GET / HTTP/1.1\r\nHost: a\r\n"] {
            let mut stream = connect(server.address);
            stream.write_all(begun.as_bytes()).unwrap();
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            let answer = String::from_utf8_lossy(&answer);
            let is_good = answer.is_empty() || answer.starts_with("HTTP/1.1 408 ");
            assert!(is_good, "{:?}: {answer}", server.engine);
            drop(stream);
            let _ = server.ended(); // An end is what counts.
        }
    });
}

#[test]
fn who_may_not_is_told_so() {
    with_each(LIMITS, PATIENT, |server| {
        let good = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
        for (request, status) in [
            (format!("{good}Origin: http://b\r\n\r\n"), "403"),
            (good.replace("13", "8") + "\r\n", "426"),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_string(), "426"),
            ("\u{0}\u{1}garbage\r\n\r\n".to_string(), "400"),
        ] {
            let mut stream = connect(server.address);
            stream.write_all(request.as_bytes()).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            let expected = format!("HTTP/1.1 {status} ");
            assert!(
                answer.starts_with(&expected),
                "{:?}: {answer}",
                server.engine
            );
            let _ = server.ended();
        }
        leave(server.client());
    });
}

/// Bytes that are no WebSocket: the client is told, and nobody else notices.
#[test]
fn garbage() {
    with_each(LIMITS, PATIENT, |server| {
        let mut quiet = server.client();
        for (bytes, code) in [
            (vec![0xff; 50], 1002),
            (frame(Opcode::Text, true, None, b"no mask"), 1002),
            (frame(Opcode::Text, true, Some(KEY), b"\xff"), 1007),
            // A header that promises more than is taken: nobody waits for it.
            (
                [&[0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0][..], &KEY].concat(),
                1009,
            ),
        ] {
            let mut client = server.client();
            client.say("before");
            client.write(&bytes);
            client.hears(text("before"));
            client.hears(clean(code, ""));
            client.hears_the_end();
            drop(client);
            let _ = server.ended();
        }
        quiet.say("nobody has disturbed me");
        quiet.hears(text("nobody has disturbed me"));
        leave(quiet);
    });
}

/// It is told what is wrong with its request, is gone by then, and nobody wonders that it is.
#[test]
fn who_leaves_in_the_middle_of_its_request() {
    with_each(LIMITS, PATIENT, |server| {
        let mut stream = connect(server.address);
        stream.write_all(b"GET / HTT").unwrap();
        drop(stream);
        if let Err(error) = server.ended() {
            assert_ne!(error.kind(), ErrorKind::NotConnected, "{error}");
        }
    });
}

/// What a client hears when it breaks the rules is what lesson 21 calls it.
#[test]
fn the_violation_has_a_name() {
    let (said, _) = crate::said::hear(&mut Session::server(MAX, None), &[0xff]);
    let failed = Closed::Failed(Violation::ReservedBit);
    assert_eq!(said, [Said::Closed(failed)]);
}

#[test]
fn clients_that_vanish() {
    with_each(LIMITS, PATIENT, |server| {
        let mut quiet = server.client();
        for bytes in [
            vec![],
            vec![0x82, 0xfe, 0xff],
            frame(Opcode::Binary, true, Some(KEY), &[0; 100_000]),
        ] {
            let mut client = server.client();
            client.write(&bytes);
            reset(client.stream);
            let _ = server.ended();
            let mut client = server.client();
            client.write(&bytes);
            drop(client); // Perhaps a FIN, perhaps a reset.
            let _ = server.ended();
        }
        quiet.say("still here");
        quiet.hears(text("still here"));
        leave(quiet);
    });
}

/// The end of a stream without a close frame: there is nobody any more to say goodbye to.
#[test]
fn an_end_without_a_goodbye() {
    with_each(LIMITS, PATIENT, |server| {
        let mut client = server.client();
        client.say("one");
        client.end();
        client.hears(text("one"));
        client.hears_the_end();
        assert_eq!(server.ended().unwrap(), 1);
    });
}

/// Every code that may be sent is answered with itself.
#[test]
fn every_code_comes_back() {
    with_each(LIMITS, PATIENT, |server| {
        for code in [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999] {
            let mut client = server.client();
            client.close(code, "왜냐하면");
            client.hears(clean(code, ""));
            client.hears_the_end();
            drop(client);
            assert_eq!(server.ended().unwrap(), 0);
        }
        let mut client = server.client();
        client.write(&frame(Opcode::Close, true, Some(KEY), b""));
        client.hears(clean(1005, ""));
        client.hears_the_end();
    });
}

/// Policy, cap: who comes when all places are taken waits until one is free.
#[test]
fn the_cap() {
    let limits = Limits {
        connections: 2,
        ..LIMITS
    };
    with_each(limits, PATIENT, |server| {
        let (one, two) = (server.client(), server.client());
        let address = server.address;
        let third = thread::spawn(move || {
            let mut client = Client::open(address, "/");
            client.say("at last");
            client.hears(text("at last"));
            client
        });
        leave(one);
        assert_eq!(server.ended().unwrap(), 0);
        leave(third.join().unwrap());
        leave(two);
    });
}

/// The server stops: it says 1001, hears the answers, and nobody sees a reset.
#[test]
fn the_goodbye_of_a_server() {
    for engine in ALL {
        let server = Server::start(engine, LIMITS, PATIENT);
        let mut idle = server.client();
        let mut busy = server.client();
        busy.say("one");
        busy.hears(text("one"));
        let begun = connect(server.address); // No request.
        server.stop.stop();
        for client in [&mut idle, &mut busy] {
            client.hears(clean(1001, "the server stops"));
            client.hears_the_end();
        }
        drop((idle, busy, begun));
        assert_eq!(server.wait(), 0, "{engine:?}");
    }
}

/// Who does not answer is waited for, but not for ever.
#[test]
fn a_goodbye_without_an_answer() {
    let limits = Limits {
        drain: SHORT,
        ..LIMITS
    };
    for engine in ALL {
        let server = Server::start(engine, limits, PATIENT);
        let mut client = server.client();
        server.stop.stop();
        let stream = client.stream.try_clone().unwrap();
        let cut_off = server.wait();
        // By then it has given up by itself, or has been cut off.
        assert!(cut_off <= 1, "{engine:?}");
        // What it was told is there all the same.
        let expected = farewell(1001, "the server stops");
        let mut bytes = vec![0; 2 + expected.len()];
        client.stream.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes[2..], expected);
        drop(stream);
    }
}

/// A close frame is the last one, also when there is more to answer behind it.
#[test]
fn nothing_is_sent_after_the_goodbye() {
    with_each(LIMITS, PATIENT, |server| {
        let mut client = server.client();
        let bytes = [
            frame(Opcode::Text, true, Some(KEY), b"before"),
            frame(Opcode::Close, true, Some(KEY), &farewell(1000, "")),
            frame(Opcode::Text, true, Some(KEY), b"behind"),
            frame(Opcode::Ping, true, Some(KEY), b"behind"),
        ];
        client.write(&bytes.concat());
        client.end();
        let mut answer = Vec::new();
        client.stream.read_to_end(&mut answer).unwrap();
        let expected = [
            frame(Opcode::Text, true, None, b"before"),
            frame(Opcode::Close, true, None, &farewell(1000, "")),
        ];
        assert_eq!(answer, expected.concat(), "{:?}", server.engine);
    });
}
