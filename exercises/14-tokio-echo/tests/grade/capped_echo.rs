use super::LESSON;
use peer::{Why, of_the_machine};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use threads::ACCEPT_PAUSE;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tokio_echo_exercises::capped_echo::{Acceptor, serve};

/// Of the clock that these tests run by: it goes on only when nobody has anything to do, and then
/// at once to the next moment that somebody waits for. So a minute takes no time.
const IDLE: Duration = Duration::from_secs(60);
/// What is due now has come when the clock has gone on by so much.
const A_SECOND: Duration = Duration::from_secs(1);
/// Bytes that a connection holds in each direction, as the kernel's buffers do.
const PIPE: usize = 8 * 1024;
/// For tests that are not about the cap.
const AMPLE: usize = 100;
/// How often `accept` may fail while the clock stands still.
const AT_ONCE: usize = 5;
/// And how often in ten pauses: a server may use shorter ones, within reason.
const MOST_TRIES: usize = 40;
/// Bytes of what is sent.
const LARGE: usize = 8 * PIPE;

/// How a conversation with the student's server went wrong.
#[derive(Debug)]
struct Wrong {
    key: &'static str,
    sentence: String,
}

type Played = Result<(), Wrong>;

fn wrong(key: &'static str, sentence: impl Into<String>) -> Played {
    Err(Wrong {
        key,
        sentence: sentence.into(),
    })
}

/// A listener in memory.
#[derive(Clone)]
struct Backlog {
    shared: Arc<Mutex<Shared>>,
    changed: Arc<Notify>,
    started: Instant,
    /// To be sent; nobody can guess them.
    bytes: Arc<[u8]>,
}

#[derive(Default)]
struct Shared {
    waiting: VecDeque<DuplexStream>,
    accepted: usize,
    /// One failure, before the next client.
    failure: Option<io::Error>,
    /// No descriptors until then.
    exhausted_until: Option<Instant>,
    /// Failed calls since then: in all, and those at the moment of the last one.
    failed: usize,
    at_once: usize,
    last_failed: Option<(Instant, std::time::Instant)>,
    /// What happened, for the ladder.
    history: Vec<String>,
}

impl Backlog {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        locked(&self.shared)
    }

    fn note(&self, what: impl AsRef<str>) {
        let seconds = self.started.elapsed().as_secs_f64();
        let line = format!("{seconds:6.1} s  {}", what.as_ref());
        self.shared().history.push(line);
    }

    fn connect(&self, name: &str) -> Client {
        let (ours, theirs) = duplex(PIPE);
        self.note(format!("{name}: connect"));
        self.shared().waiting.push_back(theirs);
        self.changed.notify_one();
        Client {
            name: name.to_string(),
            stream: ours,
            backlog: self.clone(),
        }
    }

    fn fail_once(&self, error: io::Error) {
        self.note(format!("accept() fails: {error}"));
        self.shared().failure = Some(error);
        self.changed.notify_one();
    }

    fn exhaust(&self, time: Duration) {
        self.note(format!("for {time:?}, accept() finds no free descriptor"));
        let mut shared = self.shared();
        shared.exhausted_until = Some(Instant::now() + time);
        (shared.failed, shared.at_once) = (0, 0);
        drop(shared);
        self.changed.notify_one();
    }

    /// Whether failures were answered with a pause, and one that lets others run.
    fn spun(&self) -> Played {
        let shared = self.shared();
        let slept = shared
            .last_failed
            .is_some_and(|(_, since)| since.elapsed() > ACCEPT_PAUSE * (AT_ONCE as u32 - 1));
        if shared.at_once <= AT_ONCE && shared.failed <= MOST_TRIES {
            Ok(())
        } else if shared.at_once > AT_ONCE && slept {
            wrong(
                "blocking-pause",
                "Your server put its thread to sleep: no other task could run between two calls of accept().",
            )
        } else {
            let tries = match shared.at_once > AT_ONCE {
                true => "again and again, without a pause".to_string(),
                false => format!("{} times in a second", shared.failed),
            };
            wrong(
                "accept-spins",
                format!("There were no descriptors, and your server called accept() {tries}."),
            )
        }
    }
}

fn locked(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// EMFILE, accept(2).
fn no_descriptors() -> io::Error {
    if cfg!(unix) {
        io::Error::from_raw_os_error(24)
    } else {
        ErrorKind::OutOfMemory.into()
    }
}

impl Shared {
    fn next(&mut self) -> Option<io::Result<DuplexStream>> {
        let now = Instant::now();
        if self.exhausted_until.is_some_and(|until| now < until) {
            self.failed += 1;
            match self.last_failed {
                Some((then, _)) if then == now => self.at_once += 1,
                _ => {
                    self.at_once = 1;
                    self.last_failed = Some((now, std::time::Instant::now()));
                }
            }
            // One that never waits would be here for ever, and nobody could say so.
            return (self.at_once <= AT_ONCE).then(|| Err(no_descriptors()));
        }
        if let Some(error) = self.failure.take() {
            return Some(Err(error));
        }
        let client = self.waiting.pop_front()?;
        self.accepted += 1;
        Some(Ok(client))
    }
}

impl Acceptor for Backlog {
    type Client = DuplexStream;

    async fn accept(&mut self) -> io::Result<DuplexStream> {
        loop {
            let next = self.shared().next();
            match next {
                Some(outcome) => return outcome,
                None => self.changed.notified().await,
            }
        }
    }
}

struct Client {
    name: String,
    stream: DuplexStream,
    backlog: Backlog,
}

impl Client {
    fn note(&self, what: &str) {
        self.backlog.note(format!("{}: {what}", self.name));
    }

    /// Sends `bytes` and reads them back; `key` is for everything else that happens.
    async fn exchange(&mut self, bytes: &[u8], key: &'static str) -> Played {
        self.note(&format!("sends {} bytes", bytes.len()));
        let _ = timeout(A_SECOND, self.stream.write_all(bytes)).await;
        self.expect(bytes, key).await
    }

    async fn expect(&mut self, bytes: &[u8], key: &'static str) -> Played {
        let mut got = Vec::new();
        while got.len() < bytes.len() {
            match timeout(A_SECOND, self.stream.read_buf(&mut got)).await {
                Ok(Ok(1..)) => {}
                Ok(_) => {
                    return wrong(
                        key,
                        format!(
                            "Your server closed the connection of \"{}\" after {} of {} bytes.",
                            self.name,
                            got.len(),
                            bytes.len()
                        ),
                    );
                }
                Err(_) => {
                    return wrong(
                        key,
                        format!(
                            "\"{}\" got {} of {} bytes back, and then nothing more.",
                            self.name,
                            got.len(),
                            bytes.len()
                        ),
                    );
                }
            }
        }
        self.note(&format!("gets {} bytes", got.len()));
        if got == bytes {
            return Ok(());
        }
        wrong(
            "echoes-everything",
            format!("\"{}\" got other bytes back than it had sent.", self.name),
        )
    }

    /// Sends until nothing more is taken, and returns how much that was.
    async fn fill(&mut self) -> usize {
        let bytes = Arc::clone(&self.backlog.bytes);
        let mut sent = 0;
        while let Ok(Ok(count @ 1..)) = timeout(A_SECOND, self.stream.write(&bytes[sent..])).await {
            sent += count;
        }
        self.note(&format!("sends {sent} bytes, and reads none"));
        sent
    }

    async fn finish(&mut self) {
        self.note("ends its stream");
        let _ = self.stream.shutdown().await;
    }

    /// How many bytes come before the end of the stream; `None` when the end does not come now.
    async fn end(&mut self) -> Option<usize> {
        let mut rest = Vec::new();
        let read = timeout(A_SECOND, self.stream.read_to_end(&mut rest)).await;
        self.note(if read.is_ok() {
            "end of stream"
        } else {
            "no end of stream"
        });
        read.is_ok().then_some(rest.len())
    }
}

/// Runs `script` in a thread of its own, by a clock of its own, and tells what went wrong.
fn play(script: impl AsyncFnOnce(Backlog) -> Played + Send + 'static) {
    LESSON.grade("capped_echo", |scene| {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let bytes: Arc<[u8]> = scene.random_bytes(LARGE).into();
        let told = Arc::clone(&shared);
        let server = scene.run("your server", move || {
            let mut clock = Builder::new_current_thread();
            let built = clock.enable_time().start_paused(true).build();
            of_the_machine("start tokio", built).block_on(async {
                let backlog = Backlog {
                    shared,
                    changed: Arc::default(),
                    started: Instant::now(),
                    bytes,
                };
                script(backlog).await
            })
        });
        let tell = || {
            for line in locked(&told).history.drain(..) {
                scene.note(line);
            }
        };
        let played = server.join(|why| {
            tell();
            match why {
                Why::Blocked(Some("sleep()")) => "blocking-pause",
                _ => "blocks-the-thread",
            }
        });
        if let Err(Wrong { key, sentence }) = played {
            tell();
            scene.check(false, key, || sentence);
        }
    });
}

/// Runs the student's server until `clients` have had their say; then it is dropped.
async fn serving(backlog: &Backlog, cap: usize, clients: impl Future<Output = Played>) -> Played {
    tokio::select! {
        returned = serve(backlog.clone(), cap, IDLE) => {
            let key = if returned.is_ok() { "blocks-the-thread" } else { "accept-error-ends-it" };
            wrong(key, format!("Your server returned {returned:?}, and clients were still to come."))
        }
        played = clients => played,
    }
}

#[test]
fn echoes_until_the_end() {
    play(async |backlog| {
        serving(&backlog, AMPLE, async {
            let mut client = backlog.connect("client");
            for length in [9, 1, PIPE] {
                client
                    .exchange(&backlog.bytes[..length], "echoes-everything")
                    .await?;
            }
            client.finish().await;
            match client.end().await {
                Some(0) => Ok(()),
                _ => wrong(
                    "echoes-everything",
                    "A client ended its stream, and your server did not end the other half.",
                ),
            }
        })
        .await
    });
}

#[test]
fn serves_clients_at_the_same_time() {
    play(async |backlog| {
        serving(&backlog, AMPLE, async {
            let mut first = backlog.connect("first");
            let mut second = backlog.connect("second");
            let mut third = backlog.connect("third");
            let words = &backlog.bytes[..7];
            for client in [&mut third, &mut second, &mut first] {
                client.exchange(words, "one-at-a-time").await?;
            }
            Ok(())
        })
        .await
    });
}

#[test]
fn goes_on_after_one_failed_accept() {
    play(async |backlog| {
        serving(&backlog, AMPLE, async {
            backlog.fail_once(ErrorKind::ConnectionAborted.into());
            let mut client = backlog.connect("client");
            client
                .exchange(&backlog.bytes[..9], "accept-error-ends-it")
                .await
        })
        .await
    });
}

#[test]
fn pauses_while_there_are_no_descriptors() {
    play(async |backlog| {
        serving(&backlog, AMPLE, async {
            let mut early = backlog.connect("early");
            early
                .exchange(&backlog.bytes[..9], "echoes-everything")
                .await?;
            backlog.exhaust(ACCEPT_PAUSE * 10);
            let mut late = backlog.connect("late");
            sleep(ACCEPT_PAUSE * 5).await;
            backlog.spun()?;
            early
                .exchange(&backlog.bytes[..9], "blocking-pause")
                .await?;
            sleep(ACCEPT_PAUSE * 6).await;
            backlog.spun()?;
            late.exchange(&backlog.bytes[..9], "accept-error-ends-it")
                .await
        })
        .await
    });
}

#[test]
fn returns_the_error_that_will_not_go_away() {
    play(async |backlog| {
        backlog.fail_once(ErrorKind::InvalidInput.into());
        match timeout(A_SECOND, serve(backlog.clone(), AMPLE, IDLE)).await {
            Ok(Err(error)) if error.kind() == ErrorKind::InvalidInput => Ok(()),
            Ok(returned) => wrong(
                "some-errors-end-it",
                format!(
                    "accept() failed for good, and your server returned {returned:?}; that error was expected."
                ),
            ),
            Err(_) => wrong(
                "some-errors-end-it",
                "accept() failed for good, and your server goes on. It should return that error.",
            ),
        }
    });
}

#[test]
fn gives_up_a_client_that_says_nothing() {
    play(async |backlog| {
        serving(&backlog, AMPLE, async {
            let mut silent = backlog.connect("silent");
            silent.exchange(&backlog.bytes[..9], "echoes-everything").await?;
            silent.note("says nothing more");
            sleep(IDLE).await;
            match silent.end().await {
                Some(_) => Ok(()),
                None => wrong("no-idle-limit", format!("A client has been silent for longer than {IDLE:?}, and your server keeps it.")),
            }
        })
        .await
    });
}

#[test]
fn keeps_a_client_that_says_something_in_time() {
    play(async |backlog| {
        serving(&backlog, AMPLE, async {
            let mut client = backlog.connect("client");
            for _ in 0..6 {
                client
                    .exchange(&backlog.bytes[..3], "limit-around-everything")
                    .await?;
                sleep(IDLE / 2).await;
            }
            Ok(())
        })
        .await
    });
}

#[test]
fn keeps_a_client_that_reads_slowly() {
    play(async |backlog| {
        serving(&backlog, AMPLE, async {
            let mut slow = backlog.connect("slow");
            let sent = slow.fill().await;
            // A piece of it at a time: each makes a little room.
            for piece in backlog.bytes[..sent].chunks(PIPE / 4) {
                sleep(IDLE / 2).await;
                slow.expect(piece, "movement-restarts-it").await?;
            }
            Ok(())
        })
        .await
    });
}

#[test]
fn gives_up_a_client_that_never_reads() {
    play(async |backlog| {
        serving(&backlog, AMPLE, async {
            let mut greedy = backlog.connect("greedy");
            let sent = greedy.fill().await;
            greedy.note("reads nothing");
            sleep(IDLE * 2).await;
            // It holds what was written before; a server that is still there would write the rest.
            match greedy.end().await {
                Some(got) if got < sent => Ok(()),
                _ => wrong("write-needs-a-limit", format!("A client has taken nothing for {:?}, twice the limit, and your server still waits to write to it.", IDLE * 2)),
            }
        })
        .await
    });
}

#[test]
fn leaves_clients_in_the_backlog_at_the_cap() {
    play(async |backlog| {
        serving(&backlog, 2, async {
            let words = &backlog.bytes[..5];
            let mut first = backlog.connect("first");
            first.exchange(words, "one-at-a-time").await?;
            let mut second = backlog.connect("second");
            second.exchange(words, "one-at-a-time").await?;
            let mut third = backlog.connect("third");
            let served = third.exchange(words, "no-cap").await.is_ok();
            if served {
                return wrong("no-cap", "Two conversations are allowed, and your server served a third client.");
            }
            if backlog.shared().accepted > 2 {
                return wrong("place-before-accept", "Two conversations are allowed, and your server accepted a third client, which now waits with a descriptor of its own.");
            }
            first.note("close");
            drop(first);
            third.expect(words, "place-held-for-ever").await
        })
        .await
    });
}

#[test]
fn frees_the_place_however_a_conversation_ends() {
    play(async |backlog| {
        serving(&backlog, 1, async {
            let words = &backlog.bytes[..5];
            let key = "place-held-for-ever";
            let mut polite = backlog.connect("polite");
            polite.exchange(words, "echoes-everything").await?;
            polite.finish().await;
            polite.end().await;

            let mut greedy = backlog.connect("greedy");
            greedy.exchange(words, key).await?;
            greedy.fill().await;
            greedy.note("goes away in the middle");
            drop(greedy);

            let mut silent = backlog.connect("silent");
            silent.exchange(words, key).await?;
            silent.note("says nothing more");
            let mut last = backlog.connect("last");
            sleep(IDLE).await;
            last.exchange(words, key).await
        })
        .await
    });
}

#[test]
fn takes_its_conversations_along_when_it_is_dropped() {
    play(async |backlog| {
        let mut client = backlog.connect("client");
        serving(&backlog, AMPLE, async {
            client
                .exchange(&backlog.bytes[..9], "echoes-everything")
                .await
        })
        .await?;
        backlog.note("the future of your server is dropped");
        match client.end().await {
            Some(0) => Ok(()),
            _ => wrong(
                "handle-dropped",
                "The future of your server was dropped, and one of its conversations goes on.",
            ),
        }
    });
}
