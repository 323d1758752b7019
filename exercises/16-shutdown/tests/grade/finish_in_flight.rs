use super::{LESSON, for_tokio, on_tokio, told};
use peer::{Answer, Line, Scene, Why, of_the_machine};
use shutdown_exercises::finish_in_flight::converse;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Bytes of a reply that does not fit into the buffers of both kernels.
const LONG: usize = 3_000_000;

/// Bytes of a reply that the server's kernel takes at once, and the client's does not.
const QUEUED: usize = 200_000;

/// Bytes of the server's send buffer, for a long reply: left alone, it grows with use, tcp(7), tcp_wmem.
const SEND_BUFFER: usize = 64 * 1024;

/// Conversations in the test of an order that chance may get right.
const AGAIN: usize = 16;

/// One client in conversation with the student's function.
struct Play<'a> {
    scene: &'a Scene,
    client: Line<'a>,
    stop: CancellationToken,
    /// The requests that were begun.
    begun: Receiver<String>,
    /// One permit for each answer that may be finished.
    may_answer: Arc<Semaphore>,
    server: Answer<'a, io::Result<u64>>,
}

impl<'a> Play<'a> {
    /// The answer to a request of letters is that request again, and a newline, `times` times.
    fn begin(scene: &'a Scene, times: usize) -> Self {
        let (listener, address) = scene.listener();
        if times > QUEUED {
            let small = SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER);
            of_the_machine("set SO_SNDBUF", small); // Accepted sockets inherit it.
        }
        let (stop, may_answer) = (CancellationToken::new(), Arc::new(Semaphore::new(0)));
        let (tell, begun) = mpsc::channel();
        let (theirs, gate) = (stop.clone(), Arc::clone(&may_answer));
        let server = scene.run("your server", move || {
            on_tokio(async {
                let (stream, _) = for_tokio(listener).accept().await?;
                let answer = async |request: Vec<u8>| {
                    let _ = tell.send(String::from_utf8_lossy(&request).into_owned());
                    if let Ok(permit) = gate.acquire().await {
                        permit.forget();
                    }
                    [request.as_slice(), b"\n"].concat().repeat(times)
                };
                converse(stream, theirs, answer).await
            })
        });
        Play {
            client: connected(scene, address),
            scene,
            stop,
            begun,
            may_answer,
            server,
        }
    }

    /// Sends a request and waits until the student's code works at it.
    fn ask(&mut self) -> String {
        let request = self.scene.random_letters(6);
        self.client.send(format!("{request}\n").as_bytes());
        self.begins(&request);
        request
    }

    fn begins(&self, request: &str) {
        let begun = self.begun.recv_timeout(self.scene.left());
        let right = begun.as_deref() == Ok(request);
        self.scene.check(right, "wrong-reply", || {
            format!(
                "Your server should have asked answer() for the reply to {request:?}, and {}.",
                match &begun {
                    Ok(other) => format!("asked for {other:?}"),
                    Err(_) => "did not".to_string(),
                }
            )
        });
        self.scene.note(format!("answer({request:?}) begins"));
    }

    fn answer(&self) {
        self.scene.note("the answer is ready");
        self.may_answer.add_permits(1);
    }

    fn stop(&self) {
        self.scene.note("somebody cancels the token");
        self.stop.cancel();
    }

    fn returns(self, answered: u64) {
        let got = self.server.join(|_| "never-returns");
        let right = matches!(got, Ok(count) if count == answered);
        self.scene.check(right, "wrong-result", || {
            format!(
                "The client got {answered} replies, and your function returned {}; Ok({answered}) was expected.",
                told(&got)
            )
        });
    }
}

fn connected<'a>(scene: &'a Scene, address: SocketAddr) -> Line<'a> {
    scene.connect("client", address)
}

fn wrong(_: Why) -> &'static str {
    "wrong-reply"
}

fn idle_hangs(_: Why) -> &'static str {
    "idle-hangs"
}

fn lost(why: Why) -> &'static str {
    match why {
        Why::Blocked(_) | Why::Spinning => "never-returns",
        _ => "reply-lost",
    }
}

fn truncated(why: Why) -> &'static str {
    match why {
        Why::Blocked(_) | Why::Spinning => "never-returns",
        _ => "truncated-reply",
    }
}

#[test]
fn answers_until_the_client_ends() {
    LESSON.grade("finish_in_flight", |scene| {
        let mut play = Play::begin(scene, 1);
        let count = scene.random().u64(1..4);
        for _ in 0..count {
            let request = play.ask();
            play.answer();
            play.client.expect(format!("{request}\n").as_bytes(), wrong);
        }
        play.client.half_close();
        play.client.expect_end(wrong);
        play.returns(count);
    });
}

#[test]
fn a_client_that_never_sent_anything_hears_the_end_at_once() {
    LESSON.grade("finish_in_flight", |scene| {
        let mut play = Play::begin(scene, 1);
        play.server.settle();
        play.stop();
        play.client.expect_end(idle_hangs);
        play.returns(0);
    });
}

#[test]
fn a_client_that_keeps_the_connection_hears_the_end_at_once() {
    LESSON.grade("finish_in_flight", |scene| {
        let mut play = Play::begin(scene, 1);
        let request = play.ask();
        play.answer();
        play.client.expect(format!("{request}\n").as_bytes(), wrong);
        play.server.settle();
        play.stop();
        play.client.expect_end(idle_hangs);
        play.returns(1);
    });
}

#[test]
fn the_answer_that_is_being_made_is_delivered() {
    LESSON.grade("finish_in_flight", |scene| {
        let mut play = Play::begin(scene, 1);
        let request = play.ask();
        play.stop();
        play.server.settle();
        play.answer();
        play.client.expect(format!("{request}\n").as_bytes(), lost);
        play.client.expect_end(lost);
        play.returns(1);
    });
}

#[test]
fn the_reply_that_is_being_written_is_whole() {
    LESSON.grade("finish_in_flight", |scene| {
        let times = LONG / 7;
        let mut play = Play::begin(scene, times);
        let request = play.ask();
        play.answer();
        let reply = format!("{request}\n").repeat(times);
        let (first, rest) = reply.as_bytes().split_at(700);
        play.client.expect(first, wrong);
        // It has begun to write, and cannot be done: the client has read so little.
        play.server.settle();
        play.stop();
        play.server.settle();
        let got = play.client.read_to_end(LONG, truncated);
        scene.compare(
            rest,
            &got,
            "truncated-reply",
            "The end of the stream came in the middle of the reply.",
        );
        play.returns(1);
    });
}

#[test]
fn nothing_is_begun_after_the_stop() {
    for _ in 0..AGAIN {
        LESSON.grade("finish_in_flight", |scene| {
            let mut play = Play::begin(scene, 1);
            let [first, second] = [(); 2].map(|()| scene.random_letters(6));
            play.client.send(format!("{first}\n{second}\n").as_bytes());
            play.begins(&first);
            play.stop();
            // Enough for both.
            play.answer();
            play.may_answer.add_permits(1);
            play.client.expect(format!("{first}\n").as_bytes(), lost);
            play.client.expect_end(|why| match why {
                Why::Different => "begins-another",
                why => lost(why),
            });
            play.returns(1);
        });
    }
}

#[test]
fn requests_that_nobody_reads_do_not_destroy_the_last_reply() {
    LESSON.grade("finish_in_flight", |scene| {
        let times = QUEUED / 7;
        let mut play = Play::begin(scene, times);
        let request = play.ask();
        // More than one read takes, and it has come before the answer is ready.
        let more = format!("{}\n", scene.random_letters(9)).repeat(3_000);
        play.client.send(more.as_bytes());
        play.stop();
        play.answer();
        let reply = format!("{request}\n").repeat(times);
        let (first, rest) = reply.as_bytes().split_at(7);
        play.client.expect(first, |_| "unread-input");
        // The client is slow: it reads on when your function has done what it can.
        play.server.settle();
        let got = play.client.read_to_end(QUEUED, |_| "unread-input");
        scene.compare(rest, &got, "unread-input", "The reply is not whole.");
        play.returns(1);
    });
}
