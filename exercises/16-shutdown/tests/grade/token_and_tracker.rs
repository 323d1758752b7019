use super::{LESSON, for_tokio, on_tokio, refuses, told, will_refuse};
use peer::{Answer, Scene, Why};
use shutdown_exercises::token_and_tracker::serve_until;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

const GREETING: &[u8] = b"hello\n";
const WORD: &[u8] = b"stopping\n";
const FAREWELL: &[u8] = b"bye\n";

/// A server of the student's, with conversations that greet, wait for the stop, say so, wait for the
/// grader, and say farewell.
struct Play<'a> {
    scene: &'a Scene,
    address: SocketAddr,
    stop: CancellationToken,
    /// One permit for each conversation that may end.
    may_end: Arc<Semaphore>,
    server: Answer<'a, io::Result<()>>,
}

impl<'a> Play<'a> {
    fn begin(scene: &'a Scene) -> Self {
        let (listener, address) = scene.listener();
        let (stop, may_end) = (CancellationToken::new(), Arc::new(Semaphore::new(0)));
        let (theirs, gate) = (stop.clone(), Arc::clone(&may_end));
        let server = scene.run("your server", move || {
            on_tokio(async {
                let listener = for_tokio(listener);
                serve_until(listener, theirs, |stream, token| {
                    converse(stream, token, Arc::clone(&gate))
                })
                .await
            })
        });
        Play {
            scene,
            address,
            stop,
            may_end,
            server,
        }
    }

    fn stop(&self) {
        self.scene.note("somebody cancels the token");
        self.stop.cancel();
    }

    fn returns(self) {
        let address = self.address;
        let got = self.server.join(|_| match refuses(address) {
            true => "tracker-never-closed",
            false => "nobody-wakes-accept",
        });
        self.scene.check(got.is_ok(), "wrong-result", || {
            format!(
                "The token was cancelled, every conversation has ended, and your function returned {}; Ok(()) was expected.",
                told(&got)
            )
        });
    }
}

/// A client that is gone is the client's affair.
async fn converse(mut stream: TcpStream, token: CancellationToken, gate: Arc<Semaphore>) {
    let _ = stream.write_all(GREETING).await;
    token.cancelled().await;
    let _ = stream.write_all(WORD).await;
    let _permit = gate.acquire().await;
    let _ = stream.write_all(FAREWELL).await;
}

fn one_after_another(_: Why) -> &'static str {
    "one-after-another"
}

fn not_told(why: Why) -> &'static str {
    match why {
        Why::Blocked(_) | Why::Spinning => "own-token",
        _ => "does-not-wait",
    }
}

fn cut_short(why: Why) -> &'static str {
    match why {
        Why::Blocked(_) | Why::Spinning => "tracker-never-closed",
        _ => "does-not-wait",
    }
}

#[test]
fn serves_clients_at_the_same_time() {
    LESSON.grade("token_and_tracker", |scene| {
        let play = Play::begin(scene);
        let count = scene.random().usize(2..6);
        let mut clients: Vec<_> = (0..count)
            .map(|_| scene.connect("client", play.address))
            .collect();
        for client in clients.iter_mut().rev() {
            client.expect(GREETING, one_after_another);
        }
    });
}

#[test]
fn a_stop_wakes_a_server_that_waits_for_the_next_client() {
    LESSON.grade("token_and_tracker", |scene| {
        let play = Play::begin(scene);
        play.server.settle();
        play.stop();
        play.returns();
    });
}

#[test]
fn every_conversation_hears_of_the_stop() {
    LESSON.grade("token_and_tracker", |scene| {
        let play = Play::begin(scene);
        let mut clients = [(); 3].map(|()| scene.connect("client", play.address));
        for client in &mut clients {
            client.expect(GREETING, one_after_another);
        }
        play.stop();
        for client in &mut clients {
            client.expect(WORD, not_told);
        }
    });
}

#[test]
fn waits_for_conversations_that_take_a_while() {
    LESSON.grade("token_and_tracker", |scene| {
        let play = Play::begin(scene);
        let mut clients = [(); 3].map(|()| scene.connect("client", play.address));
        for client in &mut clients {
            client.expect(GREETING, one_after_another);
        }
        play.stop();
        for client in &mut clients {
            client.expect(WORD, cut_short);
        }
        // They go one by one, and the server must stay until the last one.
        for client in &mut clients {
            scene.note("one conversation may end");
            play.may_end.add_permits(1);
            client.expect(FAREWELL, cut_short);
            client.expect_end(cut_short);
        }
        play.returns();
    });
}

#[test]
fn refuses_new_clients_while_the_others_finish() {
    LESSON.grade("token_and_tracker", |scene| {
        let play = Play::begin(scene);
        let mut client = scene.connect("client", play.address);
        client.expect(GREETING, one_after_another);
        play.stop();
        client.expect(WORD, cut_short);
        scene.check(will_refuse(scene, play.address), "still-listening", || {
            "The server is stopping, and new clients can still connect: they wait in the backlog of a server that will never accept them."
                .to_string()
        });
        play.may_end.add_permits(1);
        client.expect(FAREWELL, cut_short);
        play.returns();
    });
}
