use super::{LESSON, told};
use peer::{Answer, Line, Scene, Why, of_the_machine};
use std::fmt::Debug;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tungstenite::handshake::server::{Request, Response};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocket};
use tungstenite::{Message, Utf8Bytes};
use ws_frames::Kind;
use ws_handshake::{Origins, Policy, accept_key, client_key};
use ws_session::Closed;
use ws_session_exercises::interoperate::Wire;

/// What the student's streams wait for, at most: longer than a test.
const LONGEST: Duration = Duration::from_secs(6);

/// Bytes of a message that comes in many reads.
const LARGE: usize = 300 * 1024;

/// Of a head, at its end.
const SINGLE_BYTES: usize = 12;

/// Messages that nobody has to take who has said goodbye.
const TOO_MANY: usize = 1100;

/// Two ends of a connection: the student's, and the other one's.
fn pair(scene: &Scene) -> (TcpStream, TcpStream) {
    let (listener, address) = scene.listener();
    let theirs = of_the_machine("connect on loopback", TcpStream::connect(address));
    let (ours, _) = of_the_machine("accept on loopback", listener.accept());
    for (stream, wait) in [(&ours, LONGEST), (&theirs, scene.left())] {
        let set = stream
            .set_read_timeout(Some(wait))
            .and_then(|()| stream.set_write_timeout(Some(wait)))
            .and_then(|()| stream.set_nodelay(true));
        of_the_machine("set timeouts", set);
    }
    (ours, theirs)
}

/// The library's stream. What it writes leaves together, when it has to wait for something: an answer
/// and the message behind it come in one read.
struct Together {
    stream: TcpStream,
    held: Vec<u8>,
}

impl Read for Together {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.write_all(&self.held)?;
        self.held.clear();
        self.stream.read(buffer)
    }
}

impl Write for Together {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the library's side came to: something, or where it stopped and why, for the hint and the
/// sentence.
type Outcome<T> = Result<T, (&'static str, String)>;

/// The library failed here; the hint is for who made it fail.
fn at<T>(key: &'static str, result: Result<T, impl ToString>) -> Outcome<T> {
    result.map_err(|error| (key, error.to_string()))
}

/// Waits for the student's side to end, when the library's has; `key` is the hint if it does not. If
/// the library's side failed, the test ends.
fn both_end<T: Debug, U>(
    scene: &Scene,
    student: Answer<io::Result<T>>,
    library: Outcome<U>,
    key: &'static str,
) -> (io::Result<T>, U) {
    match library {
        Ok(library) => {
            let ended = student.join(|_| key);
            (ended, library)
        }
        Err((key, why)) => {
            scene.note(format!("tungstenite: {why}"));
            let ended = student.join(|_| key);
            scene.check(false, key, || {
                format!(
                    "The library gave up: {why}. Your side returned {}.",
                    told(&ended)
                )
            });
            // The check has ended the test.
            unreachable!("a failed check ends the test")
        }
    }
}

fn ours_only() -> Policy {
    Policy {
        origins: Origins::Ours,
        subprotocols: Vec::new(),
    }
}

/// Sends back every message: the student's handshake, and what is given.
fn serve(stream: TcpStream) -> io::Result<u64> {
    let mut wire = Wire::accept(stream, &ours_only())?;
    let mut count = 0;
    while let Some((kind, message)) = wire.next_message()? {
        wire.send(kind, &message)?;
        count += 1;
    }
    Ok(count)
}

/// Reads what the library has to give, which must be `expected`.
fn reads<S: Read + Write>(socket: &mut WebSocket<S>, expected: &Message) -> Outcome<()> {
    let got = at("which-role", socket.read())?;
    if got == *expected {
        return Ok(());
    }
    let lengths = (got.len(), expected.len());
    Err((
        "which-role",
        format!(
            "of {} bytes that it should get, it got {}",
            lengths.1, lengths.0
        ),
    ))
}

/// Reads until the connection is over, and returns the close frame that came.
fn reads_goodbye<S: Read + Write>(socket: &mut WebSocket<S>) -> Outcome<Option<CloseFrame>> {
    let mut goodbye = None;
    loop {
        match socket.read() {
            Ok(Message::Close(frame)) => goodbye = frame,
            Ok(_) => {}
            Err(tungstenite::Error::ConnectionClosed) => return Ok(goodbye),
            Err(error) => return Err(("waits-for-the-answer", error.to_string())),
        }
    }
}

fn goodbye(code: u16, reason: &str) -> CloseFrame {
    CloseFrame {
        code: CloseCode::from(code),
        reason: Utf8Bytes::from(reason),
    }
}

/// Messages of all kinds. The last one comes in many reads.
fn messages(scene: &Scene) -> Vec<Message> {
    vec![
        Message::text(scene.random_letters(10)),
        Message::text("안녕하세요"),
        Message::text(""),
        Message::binary(scene.random_bytes(200)),
        Message::binary(scene.random_bytes(LARGE)),
    ]
}

#[test]
fn serves_a_client_that_others_wrote() {
    LESSON.grade("interoperate", |scene| {
        let (ours, theirs) = pair(scene);
        let server = scene.run("your server", move || serve(ours));
        let all = messages(scene);
        let library = (|| {
            let opened = tungstenite::client("ws://localhost/chat", theirs);
            let (mut socket, _) = at("handshake", opened)?;
            scene.note("tungstenite: is connected");
            for message in &all {
                at("which-role", socket.send(message.clone()))?;
                reads(&mut socket, message)?;
            }
            at("which-role", socket.send(Message::Ping("there?".into())))?;
            reads(&mut socket, &Message::Pong("there?".into()))?;
            at("which-role", socket.close(Some(goodbye(4001, "thanks"))))?;
            reads_goodbye(&mut socket)
        })();
        let (served, came) = both_end(scene, server, library, "never-returns");
        let code = came.map(|frame| u16::from(frame.code));
        scene.check(code == Some(4001), "which-role", || {
            format!("The library said goodbye with 4001, and got {code:?} as an answer.")
        });
        scene.check(matches!(served, Ok(5)), "which-role", || {
            format!(
                "5 messages came, then goodbye: your side returned {}.",
                told(&served)
            )
        });
    });
}

/// Sends `head` in pieces, each in a read of its own: the last ones are single bytes.
fn send_in_pieces(line: &mut Line, head: &str) {
    let (first, last) = head.split_at(head.len() - SINGLE_BYTES);
    line.send(first.as_bytes());
    line.send_byte_by_byte(last.as_bytes());
}

/// A request as a browser makes it, of a page from `origin`.
fn request(origin: &str, key: &str) -> String {
    format!(
        "GET /chat HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n\
         Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: {key}\r\n\
         Sec-WebSocket-Version: 13\r\n\r\n"
    )
}

fn answer(key: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n",
        accept_key(key)
    )
}

/// The student's server, and a client by hand.
fn server<'a>(scene: &'a Scene) -> (Answer<'a, io::Result<u64>>, Line<'a>) {
    let (listener, address) = scene.listener();
    let server = scene.run("your server", move || {
        let (stream, _) = listener.accept()?;
        stream.set_read_timeout(Some(LONGEST))?;
        stream.set_write_timeout(Some(LONGEST))?;
        serve(stream)
    });
    (server, scene.connect("client", address))
}

fn random<const N: usize>(scene: &Scene) -> [u8; N] {
    std::array::from_fn(|_| scene.random().u8(..))
}

/// The text frame `hi` of a client, masked with zeros, and of a server; and goodbyes.
const HI: &[u8] = b"\x81\x82\0\0\0\0hi";
const HI_BACK: &[u8] = b"\x81\x02hi";
const GOODBYE: &[u8] = b"\x88\x80\0\0\0\0";
const GOODBYE_BACK: &[u8] = b"\x88\x00";

#[test]
fn a_request_may_come_in_pieces() {
    LESSON.grade("interoperate", |scene| {
        let (server, mut client) = server(scene);
        let key = client_key(random(scene));
        send_in_pieces(&mut client, &request("http://localhost", &key));
        let expected = format!("{}\r\n", answer(&key));
        client.expect(expected.as_bytes(), |why| match why {
            Why::Different => "handshake",
            _ => "one-read-one-head",
        });
        client.send(HI);
        client.expect(HI_BACK, |_| "which-role");
        client.send(GOODBYE);
        client.expect(GOODBYE_BACK, |_| "which-role");
        drop(server.join(|_| "never-returns"));
    });
}

#[test]
fn a_frame_may_come_with_the_request() {
    LESSON.grade("interoperate", |scene| {
        let (server, mut client) = server(scene);
        let key = client_key(random(scene));
        let request = request("http://localhost", &key);
        client.send(&[request.as_bytes(), HI].concat());
        let expected = format!("{}\r\n", answer(&key));
        client.expect(expected.as_bytes(), |_| "handshake");
        client.expect(HI_BACK, |_| "first-frame-lost");
        client.send(GOODBYE);
        client.expect(GOODBYE_BACK, |_| "which-role");
        drop(server.join(|_| "never-returns"));
    });
}

#[test]
fn another_page_is_told_no() {
    LESSON.grade("interoperate", |scene| {
        let (server, mut client) = server(scene);
        let key = client_key(random(scene));
        client.send(request("https://elsewhere.example", &key).as_bytes());
        client.half_close();
        client.expect(b"HTTP/1.1 403 ", |why| match why {
            Why::Different => "asks-the-policy",
            _ => "says-no-aloud",
        });
        let served = server.join(|_| "no-is-an-error");
        let is_told = matches!(&served, Err(error) if error.kind() == ErrorKind::ConnectionRefused);
        scene.check(is_told, "no-is-an-error", || {
            format!(
                "The handshake was refused, and accept returned {}; Err(ConnectionRefused) was expected.",
                told(&served)
            )
        });
    });
}

#[test]
fn half_a_request_is_an_error() {
    LESSON.grade("interoperate", |scene| {
        let (server, mut client) = server(scene);
        let key = client_key(random(scene));
        let request = request("http://localhost", &key);
        client.send(&request.as_bytes()[..request.len() / 2]);
        client.half_close();
        let served = server.join(|_| "end-of-stream");
        let is_told = matches!(&served, Err(error) if error.kind() == ErrorKind::UnexpectedEof);
        scene.check(is_told, "end-of-stream", || {
            format!(
                "The stream ended inside of the request, and accept returned {}; Err(UnexpectedEof) was expected.",
                told(&served)
            )
        });
    });
}

/// Keys for masks, and how many were asked for.
fn keys(scene: &Scene) -> (impl FnMut() -> [u8; 4] + Send + 'static, Arc<AtomicU32>) {
    let first: u32 = scene.random().u32(..);
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let keys = move || {
        let nth = counter.fetch_add(1, Ordering::Relaxed);
        first
            .wrapping_add(nth.wrapping_mul(0x9e37_79b9))
            .to_be_bytes()
    };
    (keys, asked)
}

/// The library's server; the client's key must be the one that was given.
#[allow(clippy::result_large_err, reason = "the library's own error")]
fn library_accepts<S: Read + Write>(stream: S, random: [u8; 16]) -> Outcome<WebSocket<S>> {
    let mut came = String::new();
    let look = |request: &Request, response: Response| {
        let key = request.headers().get("Sec-WebSocket-Key");
        came = key
            .and_then(|key| key.to_str().ok())
            .unwrap_or_default()
            .to_string();
        Ok(response)
    };
    let accepted = at("handshake", tungstenite::accept_hdr(stream, look))?;
    if came != client_key(random) {
        let why = format!("the key of the handshake is {came:?}, and not made of `random`");
        return Err(("cannot-be-foreseen", why));
    }
    Ok(accepted)
}

#[test]
fn talks_to_a_server_that_others_wrote() {
    LESSON.grade("interoperate", |scene| {
        let (ours, theirs) = pair(scene);
        let random = random(scene);
        let (keys, asked) = keys(scene);
        let all = messages(scene);
        let sent: Vec<(Kind, Vec<u8>)> = all
            .iter()
            .map(|message| match message {
                Message::Text(text) => (Kind::Text, text.as_bytes().to_vec()),
                other => (Kind::Binary, other.clone().into_data().to_vec()),
            })
            .collect();
        let client = scene.run("your client", move || {
            let mut wire = Wire::connect(ours, "localhost", "/chat", random, keys)?;
            for (kind, message) in sent {
                wire.send(kind, &message)?;
                if wire.next_message()? != Some((kind, message)) {
                    return Err(io::Error::from(ErrorKind::InvalidData));
                }
            }
            wire.next_message().map(drop)
        });
        let library = (|| {
            let mut socket = library_accepts(theirs, random)?;
            scene.note("tungstenite: is connected");
            for _ in &all {
                let came = at("which-role", socket.read())?;
                at("which-role", socket.send(came))?;
            }
            at("which-role", socket.close(Some(goodbye(1000, ""))))?;
            reads_goodbye(&mut socket)
        })();
        let (ended, _) = both_end(scene, client, library, "never-returns");
        scene.check(ended.is_ok(), "which-role", || {
            format!(
                "5 messages were sent back, then goodbye: your side returned {}.",
                told(&ended)
            )
        });
        let asked = asked.load(Ordering::Relaxed);
        scene.check(asked == 6, "cannot-be-foreseen", || {
            format!("Your client sent 6 frames, and asked `keys` {asked} times.")
        });
    });
}

#[test]
fn the_first_message_may_come_with_the_answer() {
    LESSON.grade("interoperate", |scene| {
        let (ours, stream) = pair(scene);
        let random = random(scene);
        let (keys, _) = keys(scene);
        let greeting = scene.random_letters(10);
        let client = scene.run("your client", move || {
            let mut wire = Wire::connect(ours, "localhost", "/chat", random, keys)?;
            wire.next_message()
        });
        let library = (|| {
            let held = Vec::new();
            let mut socket = library_accepts(Together { stream, held }, random)?;
            at("handshake", socket.send(Message::text(greeting.clone())))?;
            scene.note("tungstenite: sends its answer and a message together");
            let together = socket.get_mut();
            at("handshake", together.stream.write_all(&together.held))
        })();
        let (came, ()) = both_end(scene, client, library, "first-frame-lost");
        let expected = Some((Kind::Text, greeting.into_bytes()));
        scene.check(
            matches!(&came, Ok(came) if *came == expected),
            "first-frame-lost",
            || {
                format!(
                    "A message came in the same read as the answer, and the next message was {}.",
                    told(&came)
                )
            },
        );
    });
}

/// The student's client, and a server by hand that sends `pieces`.
fn client_gets(
    scene: &Scene,
    pieces: impl FnOnce(&mut Line, &str),
    key: &'static str,
) -> io::Result<()> {
    let host = scene.host();
    let address = host.address();
    let random = random(scene);
    let (keys, _) = keys(scene);
    let client = scene.run("your client", move || {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LONGEST))?;
        stream.set_write_timeout(Some(LONGEST))?;
        let mut wire = Wire::connect(stream, "localhost", "/chat", random, keys)?;
        wire.next_message().map(drop)
    });
    let mut line = host.accept(|_| "handshake");
    pieces(&mut line, &client_key(random));
    let ended = client.join(|_| key);
    // Only now: what the client has sent is unread, and to close would be a reset.
    drop(line);
    ended
}

#[test]
fn an_answer_may_come_in_pieces() {
    LESSON.grade("interoperate", |scene| {
        let pieces = |line: &mut Line, key: &str| {
            send_in_pieces(line, &format!("{}\r\n", answer(key)));
            line.send(HI_BACK);
        };
        let ended = client_gets(scene, pieces, "one-read-one-head");
        scene.check(ended.is_ok(), "one-read-one-head", || {
            format!(
                "The server's answer came in pieces, and a message: your side returned {}.",
                told(&ended)
            )
        });
    });
}

#[test]
fn an_answer_that_does_not_fit_is_refused() {
    LESSON.grade("interoperate", |scene| {
        let other = client_key(random(scene));
        let cases = [
            (
                "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_string(),
                "no-is-an-error",
                "The server said 403",
            ),
            (
                format!("{}\r\n", answer(&other)),
                "checks-the-answer",
                "The server's Sec-WebSocket-Accept was that of another key",
            ),
        ];
        for (text, key, what) in cases {
            let pieces = |line: &mut Line, _: &str| {
                line.send(text.as_bytes());
                line.send(HI_BACK);
            };
            let ended = client_gets(scene, pieces, key);
            let is_told =
                matches!(&ended, Err(error) if error.kind() == ErrorKind::ConnectionRefused);
            scene.check(is_told, key, || {
                format!(
                    "{what}, and connect returned {}; Err(ConnectionRefused) was expected.",
                    told(&ended)
                )
            });
        }
        let pieces = |line: &mut Line, key: &str| {
            line.send(answer(key).as_bytes());
            line.half_close();
        };
        let ended = client_gets(scene, pieces, "end-of-stream");
        let is_told = matches!(&ended, Err(error) if error.kind() == ErrorKind::UnexpectedEof);
        scene.check(is_told, "end-of-stream", || {
            format!(
                "The stream ended inside of the answer, and connect returned {}; Err(UnexpectedEof) was expected.",
                told(&ended)
            )
        });
    });
}

/// The student's client connects and says goodbye. `library` does the rest. `key` is the hint if the
/// client does not return then.
fn says_goodbye<T>(
    scene: &Scene,
    reason: &str,
    key: &'static str,
    library: impl FnOnce(WebSocket<TcpStream>, &Answer<io::Result<Closed>>) -> Outcome<T>,
) -> (io::Result<Closed>, T) {
    let (ours, theirs) = pair(scene);
    // Not closed before the client has returned: where it waits must be seen.
    let kept = of_the_machine("clone a socket", theirs.try_clone());
    let random = random(scene);
    let (keys, _) = keys(scene);
    let said = reason.to_string();
    let client = scene.run("your client", move || {
        let wire = Wire::connect(ours, "localhost", "/chat", random, keys)?;
        wire.close(4321, &said)
    });
    let outcome = library_accepts(theirs, random).and_then(|socket| {
        // Until its close frame is here.
        at("says-goodbye", socket.get_ref().peek(&mut [0]))?;
        library(socket, &client)
    });
    let ended = both_end(scene, client, outcome, key);
    drop(kept);
    ended
}

#[test]
fn says_goodbye_and_waits_for_the_answer() {
    LESSON.grade("interoperate", |scene| {
        let reason = scene.random_letters(6);
        let (ended, came) = says_goodbye(
            scene,
            &reason,
            "waits-for-the-answer",
            |mut socket, client| {
                if !client.settle() {
                    let why = "your client did not wait for its close frame".to_string();
                    return Err(("waits-for-the-answer", why));
                }
                let came = at("says-goodbye", socket.read())?;
                at(
                    "waits-for-the-answer",
                    reads_goodbye(&mut socket).map_err(|(_, why)| why),
                )?;
                Ok(came)
            },
        );
        let expected = Message::Close(Some(goodbye(4321, &reason)));
        scene.check(came == expected, "says-goodbye", || {
            format!("The library got {came:?}; {expected:?} was expected.")
        });
        let expected = Closed::Clean(4321, reason);
        scene.check(
            matches!(&ended, Ok(ended) if *ended == expected),
            "waits-for-the-answer",
            || {
                format!(
                    "close returned {}; Ok({expected:?}) was expected.",
                    told(&ended)
                )
            },
        );
    });
}

#[test]
fn takes_the_messages_that_were_under_way() {
    LESSON.grade("interoperate", |scene| {
        let count = scene.random().usize(3..20);
        let key = "messages-under-way";
        let (ended, _) = says_goodbye(scene, "bye", key, |mut socket, _| {
            for nth in 0..count {
                at(key, socket.send(Message::text(nth.to_string())))?;
            }
            at(key, reads_goodbye(&mut socket).map_err(|(_, why)| why))
        });
        let expected = Closed::Clean(4321, "bye".to_string());
        scene.check(matches!(&ended, Ok(ended) if *ended == expected), key, || {
            format!(
                "{count} messages were under way, then came the close frame: close returned {}; Ok({expected:?}) was expected.",
                told(&ended)
            )
        });
    });
}

#[test]
fn does_not_listen_for_ever() {
    LESSON.grade("interoperate", |scene| {
        let key = "not-for-ever";
        let (ended, _socket) = says_goodbye(scene, "bye", key, |mut socket, _| {
            for _ in 0..TOO_MANY {
                // Who has heard enough has closed the connection.
                if socket.send(Message::text("and")).is_err() {
                    break;
                }
            }
            scene.note(format!("tungstenite: has sent up to {TOO_MANY} messages, and goes on"));
            Ok(socket)
        });
        let is_told = matches!(&ended, Err(error) if error.kind() == ErrorKind::TimedOut);
        scene.check(is_told, key, || {
            format!(
                "More messages came than anybody has to take, and close returned {}; Err(TimedOut) was expected.",
                told(&ended)
            )
        });
    });
}
