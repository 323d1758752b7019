//! Both servers, with the clients that networks have.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use http::threaded::{Client, Patience};
use http::{Answer, Body, Reply, Request, Response, Status, Stream};
use threads::Limits;

use crate::programs::{DEADLINE, connect, reset};
use crate::server::{BOTH, BUFFER, Engine, GENEROUS, Server};

/// For what should end soon: how long it may take.
const SHORT: Duration = Duration::from_millis(150);

/// Bytes of a file that no buffers hold.
const LARGE: usize = 8 * 1024 * 1024;

const LIMITS: Limits = Limits {
    connections: 64,
    idle: DEADLINE,
    drain: DEADLINE,
};

/// Says what it was asked.
fn echo(request: &Request, body: &[u8], _: &Client) -> Response {
    let mut said = format!("{} {} ", request.method(), request.target()).into_bytes();
    said.extend(body);
    Response::new(Status::OK, "text/plain", said)
}

fn say(mut stream: &TcpStream, bytes: impl AsRef<[u8]>) {
    stream.write_all(bytes.as_ref()).unwrap();
}

/// One response: its status and body.
fn hear(mut stream: &TcpStream) -> io::Result<(u16, Vec<u8>)> {
    let mut reply = Reply::new(u64::MAX);
    let (mut status, mut body, mut length) = (0, Vec::new(), 1_usize);
    loop {
        while let Some(answer) = reply.next_event().map_err(io::Error::other)? {
            match answer {
                Answer::Head(head) => {
                    status = head.status.0;
                    let text = head.field("content-length");
                    length = text.and_then(|text| text.parse().ok()).unwrap_or(1);
                }
                Answer::Body(bytes) => body.extend(bytes),
                Answer::End => return Ok((status, body)),
            }
        }
        // What comes behind this response belongs to the next one. So the head is read in single bytes.
        let mut buffer = vec![0; length.saturating_sub(body.len()).max(1)];
        match stream.read(&mut buffer)? {
            0 => reply.receive_end(),
            count => reply.receive_data(&buffer[..count]),
        }
    }
}

/// Everything until the end of the stream, which is an end and no reset.
fn rest(mut stream: &TcpStream) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

const GET: &str = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
const POST: &str = "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";

#[test]
fn a_connection_carries_many_requests() {
    for engine in BOTH {
        let server = Server::start(engine, LIMITS, GENEROUS, echo);
        let client = connect(server.address);
        for _ in 0..3 {
            say(&client, GET);
            assert_eq!(
                hear(&client).unwrap(),
                (200, b"GET /a ".to_vec()),
                "{engine:?}"
            );
            say(&client, POST);
            assert_eq!(hear(&client).unwrap(), (200, b"POST /b hello".to_vec()));
        }
        drop(client);
        assert_eq!(server.ended().unwrap(), 6, "{engine:?}");
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn requests_that_come_together_are_all_answered() {
    for engine in BOTH {
        let server = Server::start(engine, LIMITS, GENEROUS, echo);
        let client = connect(server.address);
        let count = 2_000;
        let mut sender = client.try_clone().unwrap();
        let all = format!("{GET}{POST}").repeat(count);
        let sending = thread::spawn(move || {
            sender.write_all(all.as_bytes()).unwrap();
            sender.shutdown(Shutdown::Write).unwrap();
        });
        let all = rest(&client);
        assert_eq!(all.matches("\r\n\r\nGET /a ").count(), count, "{engine:?}");
        assert_eq!(all.matches("\r\n\r\nPOST /b hello").count(), count);
        // The last one says so, when the end has come before it is said.
        assert!(all.matches("Connection: close").count() <= 1);
        sending.join().unwrap();
        assert_eq!(server.ended().unwrap(), 2 * count as u64);
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn a_request_may_come_byte_by_byte() {
    for engine in BOTH {
        let server = Server::start(engine, LIMITS, GENEROUS, echo);
        let client = connect(server.address);
        client.set_nodelay(true).unwrap();
        for byte in POST.bytes() {
            say(&client, [byte]);
        }
        assert_eq!(hear(&client).unwrap(), (200, b"POST /b hello".to_vec()));
        drop(client);
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn whoever_is_refused_hears_why_and_no_reset() {
    for engine in BOTH {
        let server = Server::start(engine, LIMITS, GENEROUS, echo);
        let client = connect(server.address);
        // A body that the server will not read: more than it holds, and sent before the answer comes.
        let length = 4 * 1024 * 1024;
        let mut sender = client.try_clone().unwrap();
        let sending = thread::spawn(move || {
            let head = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
            sender.write_all(head.as_bytes()).unwrap();
            sender.write_all(&vec![b'x'; length]).unwrap();
            sender.shutdown(Shutdown::Write).unwrap();
        });
        let said = rest(&client);
        assert!(said.starts_with("HTTP/1.1 413 "), "{engine:?}: {said}");
        assert!(said.contains("Connection: close\r\n"), "{said}");
        sending.join().unwrap();
        assert_eq!(server.ended().unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn a_trickler_is_told_that_it_is_too_slow() {
    for engine in BOTH {
        let patience = Patience {
            request: SHORT,
            ..GENEROUS
        };
        for start in [
            "GET / HT",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n",
        ] {
            let server = Server::start(engine, LIMITS, patience, echo);
            let client = connect(server.address);
            let mut sender = client.try_clone().unwrap();
            let (done, is_done) = mpsc::channel::<()>();
            let trickling = thread::spawn(move || {
                let mut left = start.bytes().chain(std::iter::repeat(b'x'));
                // A byte now and then: the server must not begin to wait anew with each.
                while is_done.recv_timeout(Duration::from_millis(5)).is_err() {
                    let byte = left.next().unwrap();
                    if sender.write_all(&[byte]).is_err() {
                        return;
                    }
                }
                let _ = sender.shutdown(Shutdown::Write);
            });
            let (status, why) = hear(&client).unwrap();
            assert_eq!(status, 408, "{engine:?}: {}", why.escape_ascii());
            done.send(()).unwrap();
            assert_eq!(rest(&client), "");
            trickling.join().unwrap();
            let ended = server.ended().unwrap_err().to_string();
            assert!(ended.starts_with("408 "), "{engine:?}: {ended}");
            assert_eq!(server.stop(), 0);
        }
    }
}

#[test]
fn whoever_asks_nothing_is_let_go() {
    for engine in BOTH {
        let patience = Patience {
            between: SHORT,
            ..GENEROUS
        };
        let server = Server::start(engine, LIMITS, patience, echo);
        let (silent, asked) = (connect(server.address), connect(server.address));
        say(&asked, GET);
        assert_eq!(hear(&asked).unwrap().0, 200);
        assert_eq!(rest(&silent), "", "{engine:?}");
        assert_eq!(rest(&asked), "");
        let counts = [server.ended().unwrap(), server.ended().unwrap()];
        assert_eq!(counts.iter().sum::<u64>(), 1);
        assert_eq!(server.stop(), 0);
    }
}

/// A file of [`LARGE`] bytes for each request.
fn large_file() -> (
    tempfile::TempDir,
    impl Fn(&Request, &[u8], &Client) -> Response + Send + Sync + 'static,
) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    fs::write(&path, vec![b'x'; LARGE]).unwrap();
    let answer = move |_: &Request, _: &[u8], _: &Client| Response {
        status: Status::OK,
        fields: Vec::new(),
        body: Body::File(File::open(&path).unwrap(), LARGE as u64),
    };
    (folder, answer)
}

#[test]
fn a_slow_reader_gets_the_whole_file() {
    for engine in BOTH {
        let (_folder, answer) = large_file();
        let patience = Patience {
            response: Duration::from_secs(5),
            ..GENEROUS
        };
        let server = Server::start(engine, LIMITS, patience, answer);
        let client = connect(server.address);
        socket2::SockRef::from(&client)
            .set_recv_buffer_size(BUFFER)
            .unwrap();
        say(&client, GET.repeat(2));
        // It takes longer than any one piece, and others are served meanwhile.
        thread::sleep(SHORT);
        let other = connect(server.address);
        say(&other, GET);
        assert_eq!(hear(&other).unwrap().1.len(), LARGE, "{engine:?}");
        for _ in 0..2 {
            assert_eq!(
                hear(&client).unwrap(),
                (200, vec![b'x'; LARGE]),
                "{engine:?}"
            );
        }
        drop((client, other));
        assert_eq!(server.stop(), 0);
    }
}

/// What counts is each piece, and not the whole.
#[test]
fn a_reader_may_take_longer_than_the_patience_for_a_piece() {
    const PATIENCE: Duration = Duration::from_secs(2);
    thread::scope(|scope| {
        for engine in BOTH {
            scope.spawn(move || {
                let (_folder, answer) = large_file();
                let patience = Patience {
                    response: PATIENCE,
                    ..GENEROUS
                };
                let server = Server::start(engine, LIMITS, patience, answer);
                let mut client = connect(server.address);
                socket2::SockRef::from(&client)
                    .set_recv_buffer_size(BUFFER)
                    .unwrap();
                say(
                    &client,
                    "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                );
                let (started, mut got, mut buffer) = (Instant::now(), 0, vec![0; 32 * 1024]);
                loop {
                    // Until it has taken longer than that, in small steps.
                    if started.elapsed() < PATIENCE + PATIENCE / 4 {
                        thread::sleep(Duration::from_millis(15));
                    }
                    match client.read(&mut buffer).unwrap() {
                        0 => break,
                        count => got += count,
                    }
                }
                assert!(
                    started.elapsed() > PATIENCE && got > LARGE,
                    "{engine:?}: {got}"
                );
                assert_eq!(server.stop(), 0, "{engine:?}");
            });
        }
    });
}

#[test]
fn who_does_not_read_is_given_up_and_can_see_that_something_is_missing() {
    for engine in BOTH {
        let (_folder, answer) = large_file();
        let patience = Patience {
            response: SHORT,
            ..GENEROUS
        };
        let server = Server::start(engine, LIMITS, patience, answer);
        let client = connect(server.address);
        say(&client, GET);
        let error = server.ended().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{engine:?}");
        assert!(hear(&client).is_err(), "what it has is not the whole");
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn a_file_that_becomes_shorter_is_an_end_and_not_a_short_body() {
    for engine in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shrinks");
        fs::write(&path, "short").unwrap();
        let server = Server::start(engine, LIMITS, GENEROUS, move |_, _, _| Response {
            status: Status::OK,
            fields: Vec::new(),
            body: Body::File(File::open(&path).unwrap(), 100),
        });
        let client = connect(server.address);
        say(&client, GET);
        assert!(hear(&client).is_err(), "{engine:?}");
        drop(client);
        assert_eq!(server.stop(), 0);
    }
}

struct Counter(u8);

impl Stream for Counter {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.0 += 1;
        Ok((self.0 <= 3).then(|| vec![b'0' + self.0]))
    }
}

/// Never says anything.
struct Silent;

impl Stream for Silent {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        thread::sleep(Duration::from_millis(5));
        Ok(Some(Vec::new()))
    }
}

fn stream(request: &Request, _: &[u8], _: &Client) -> Response {
    Response {
        status: Status::OK,
        fields: Vec::new(),
        body: match request.path() {
            "/silent" => Body::Stream(Box::new(Silent)),
            _ => Body::Stream(Box::new(Counter(0))),
        },
    }
}

#[test]
fn a_stream_comes_in_chunks_and_the_connection_goes_on() {
    let server = Server::start(Engine::Threads, LIMITS, GENEROUS, stream);
    let client = connect(server.address);
    for _ in 0..2 {
        say(&client, GET);
        assert_eq!(hear(&client).unwrap(), (200, b"123".to_vec()));
    }
    // To a HEAD there is nothing to wait for.
    say(
        &client,
        "HEAD /silent HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    let head = rest(&client);
    assert!(head.ends_with("Connection: close\r\n\r\n"), "{head}");
    drop(client);
    assert_eq!(server.ended().unwrap(), 3);
    // The server sees that nobody listens any more.
    let client = connect(server.address);
    say(&client, "GET /silent HTTP/1.1\r\nHost: x\r\n\r\n");
    drop(client);
    assert_eq!(server.ended().unwrap(), 0);
    assert_eq!(server.stop(), 0);
}

#[test]
fn one_thread_cannot_stream() {
    let server = Server::start(Engine::Mio, LIMITS, GENEROUS, stream);
    let client = connect(server.address);
    say(&client, GET);
    assert_eq!(hear(&client).unwrap().0, 500);
    drop(client);
    assert_eq!(server.stop(), 0);
}

#[test]
fn resets_and_half_requests_hurt_nobody() {
    for engine in BOTH {
        let server = Server::start(engine, LIMITS, GENEROUS, echo);
        for start in [
            "",
            "GET",
            GET,
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe",
        ] {
            let client = connect(server.address);
            say(&client, start);
            reset(client);
            let _ = server.ended();
            let client = connect(server.address);
            say(&client, start);
            drop(client);
            let _ = server.ended();
        }
        let client = connect(server.address);
        say(&client, GET);
        assert_eq!(hear(&client).unwrap().0, 200, "{engine:?}");
        drop(client);
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn clients_over_the_cap_wait_for_their_turn() {
    for engine in BOTH {
        let limits = Limits {
            connections: 2,
            ..LIMITS
        };
        let server = Server::start(engine, limits, GENEROUS, echo);
        let mut clients: Vec<_> = (0..5).map(|_| connect(server.address)).collect();
        for client in &clients {
            say(client, GET);
        }
        for client in clients.drain(..) {
            assert_eq!(hear(&client).unwrap().0, 200, "{engine:?}");
        }
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn a_stop_lets_answers_out_and_idle_clients_go() {
    for engine in BOTH {
        let (_folder, answer) = large_file();
        let server = Server::start(engine, LIMITS, GENEROUS, answer);
        let idle = connect(server.address);
        say(&idle, GET);
        assert_eq!(hear(&idle).unwrap().1.len(), LARGE);
        let reading = connect(server.address);
        say(&reading, GET);
        let mut first = [0; 17];
        (&reading).read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK\r\n");
        let half = connect(server.address);
        say(&half, "GET / HT");
        // Somebody reads this client's half: when another one has been served behind it.
        let probe = connect(server.address);
        say(
            &probe,
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        );
        assert_eq!(hear(&probe).unwrap().1.len(), LARGE);
        server.stop.stop();
        assert_eq!(rest(&idle), "", "{engine:?}");
        let file = rest(&reading);
        let (_, body) = file.split_once("\r\n\r\n").unwrap();
        assert_eq!(body.len(), LARGE, "{engine:?}");
        let told = rest(&half);
        assert!(
            told.is_empty() || told.starts_with("HTTP/1.1 503 "),
            "{engine:?}: {told}"
        );
        drop((idle, reading, half, probe));
        assert_eq!(server.stop(), 0, "{engine:?}");
    }
}

#[test]
fn a_stop_answers_what_was_asked_and_says_that_this_was_the_last() {
    for engine in BOTH {
        let (_folder, answer) = large_file();
        let server = Server::start(engine, LIMITS, GENEROUS, answer);
        let client = connect(server.address);
        say(&client, GET.repeat(2));
        (&client).read_exact(&mut [0]).unwrap();
        server.stop.stop();
        let all = rest(&client);
        assert!(all.len() > 2 * LARGE, "{engine:?}: {}", all.len());
        assert_eq!(
            all.matches("Connection: close\r\n").count(),
            1,
            "{engine:?}"
        );
        drop(client);
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn what_comes_after_the_last_request_makes_no_reset() {
    for engine in BOTH {
        let server = Server::start(engine, LIMITS, GENEROUS, echo);
        let client = connect(server.address);
        let mut sender = client.try_clone().unwrap();
        let sending = thread::spawn(move || {
            let last = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            sender.write_all(last.as_bytes()).unwrap();
            sender.write_all(&vec![b'x'; 4 * 1024 * 1024]).unwrap();
            sender.shutdown(Shutdown::Write).unwrap();
        });
        assert!(rest(&client).ends_with("GET / "), "{engine:?}");
        sending.join().unwrap();
        assert_eq!(server.ended().unwrap(), 1);
        assert_eq!(server.stop(), 0);
    }
}

#[test]
fn a_stop_waits_for_nobody_who_has_all_and_stays() {
    for engine in BOTH {
        for last in [
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "GET / HTTP/3.0\r\nHost: x\r\n\r\n",
        ] {
            let server = Server::start(engine, LIMITS, GENEROUS, echo);
            let client = connect(server.address);
            say(&client, last);
            assert!(rest(&client).starts_with("HTTP/1.1 "));
            assert_eq!(server.stop(), 0, "{engine:?}");
            drop(client);
        }
    }
}

#[test]
fn a_stop_cuts_off_who_never_reads() {
    for engine in BOTH {
        let (_folder, answer) = large_file();
        let limits = Limits {
            drain: SHORT,
            ..LIMITS
        };
        let server = Server::start(engine, limits, GENEROUS, answer);
        let deaf = connect(server.address);
        say(&deaf, GET);
        (&deaf).read_exact(&mut [0]).unwrap();
        assert_eq!(server.stop(), 1, "{engine:?}");
    }
}

#[test]
fn get_takes_a_response_as_it_comes_and_waits_no_longer_than_it_says() {
    let server = Server::start(Engine::Threads, LIMITS, GENEROUS, stream);
    let mut heard = Vec::new();
    let got = http::get(server.address, "/count?to=3", 3, DEADLINE, |answer| {
        heard.push(match answer {
            Answer::Head(head) => head.status.to_string(),
            Answer::Body(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Answer::End => "end".to_string(),
        });
        Ok(())
    });
    got.unwrap();
    assert_eq!(heard.first().unwrap(), "200 OK");
    assert_eq!(heard[1..].concat(), "123end");
    let fails = |target: &str, most: u64, patience: Duration| {
        let got = http::get(server.address, target, most, patience, |_| Ok(()));
        got.unwrap_err().kind()
    };
    assert_eq!(fails("/count", 2, DEADLINE), ErrorKind::InvalidData);
    assert_eq!(fails("/silent", 2, SHORT), ErrorKind::TimedOut);
    for target in ["", "count", "/a b", "/\r\nX: y"] {
        assert_eq!(
            fails(target, 2, DEADLINE),
            ErrorKind::InvalidInput,
            "{target:?}"
        );
    }
    assert_eq!(server.stop(), 0);
}
