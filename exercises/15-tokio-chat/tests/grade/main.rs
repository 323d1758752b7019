//! Grades the exercises of lesson 15.
//!
//! Nothing here waits for a clock or a socket: streams are in memory, and every future is asked by
//! hand, so that it is dropped exactly where it should be.

use peer::{Lesson, Scene};
use std::collections::VecDeque;
use std::fmt::{self, Debug};
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, ReadBuf};

mod lost_bytes;
mod reader_task;
mod resumable;
mod room_of_queues;
mod whole_result;

static LESSON: Lesson = Lesson::new("15-tokio-chat", include_str!("../../exercises.toml"));

/// Bytes that are shown of many.
const SHOWN: usize = 12;

/// More often than this, nobody has a reason to ask for the end of a stream, or for a future.
const ENOUGH: usize = 1_000;

/// So many turns of the runtime, and every task has come to where it waits.
const TURNS: usize = 100;

/// What a stream in memory does next.
#[derive(Clone, Debug)]
enum Step {
    /// Brings these bytes; a read may take fewer.
    Bytes(Vec<u8>),
    /// Is not ready, once, and will be when it is asked again.
    Wait,
    /// Is never ready again.
    Silence,
    /// Fails with a reset, for ever.
    Reset,
}

/// A stream in memory. After its last step it is at its end.
#[derive(Debug)]
struct Stream {
    steps: VecDeque<Step>,
    seen: Seen,
}

/// What was seen of a stream, for the grader.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<History>>);

#[derive(Default)]
struct History {
    lines: Vec<String>,
    taken: usize,
    ends: usize,
    dropped: bool,
}

impl Seen {
    fn history(&self) -> MutexGuard<'_, History> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, line: String) {
        self.history().lines.push(line);
    }
}

impl Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("what stands above")
    }
}

impl Stream {
    fn new(steps: impl IntoIterator<Item = Step>) -> (Stream, Seen) {
        let seen = Seen::default();
        let stream = Stream {
            steps: steps.into_iter().collect(),
            seen: seen.clone(),
        };
        (stream, seen)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let stream = &mut *self;
        match stream.steps.front_mut() {
            Some(Step::Bytes(bytes)) => {
                let count = bytes.len().min(buffer.remaining());
                let piece: Vec<u8> = bytes.drain(..count).collect();
                if bytes.is_empty() {
                    stream.steps.pop_front();
                }
                buffer.put_slice(&piece);
                let mut history = stream.seen.history();
                history.taken += count;
                history
                    .lines
                    .push(format!("a read brings \"{}\"", shown(&piece)));
                Poll::Ready(Ok(()))
            }
            Some(Step::Wait) => {
                stream.steps.pop_front();
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Silence) => Poll::Pending,
            Some(Step::Reset) => Poll::Ready(Err(ErrorKind::ConnectionReset.into())),
            None => {
                let mut history = stream.seen.history();
                history.ends += 1;
                if history.ends == 1 {
                    history.lines.push("a read brings the end".to_string());
                }
                // Who asks on and on would never return.
                assert!(
                    history.ends < ENOUGH,
                    "{ENOUGH} reads after the end of the stream"
                );
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.seen.history().dropped = true;
    }
}

/// Asks a future once. `None`: it waits, and is dropped.
async fn once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Lets all tasks go on until they wait for something that will not come by itself.
async fn settle() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}

/// Runs a play in the student's thread, on one runtime thread: the order is always the same.
fn play<T, F>(
    scene: &Scene,
    name: &str,
    key: &'static str,
    future: impl FnOnce() -> F + Send + 'static,
) -> T
where
    T: Debug + Send + 'static,
    F: Future<Output = T>,
{
    let answer = scene.run(name, move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        peer::of_the_machine("start a runtime", runtime).block_on(future())
    });
    answer.join(|_| key)
}

/// The result as a student writes it: `Ok(Some("hi"))`, `Err(UnexpectedEof)`.
fn told(result: &io::Result<Option<Vec<u8>>>) -> String {
    match result {
        Ok(Some(payload)) => format!("Ok(Some(\"{}\"))", shown(payload)),
        Ok(None) => "Ok(None)".to_string(),
        Err(error) => format!("Err({:?})", error.kind()),
    }
}

/// `\x00\x00\x00\x02hi`, as Rust writes it. Of long ones the beginning.
fn shown(bytes: &[u8]) -> String {
    peer::as_rust(bytes, SHOWN)
}

/// `payload` as the lesson's frames are on the wire.
fn frame(payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), payload].concat()
}

/// A list whose content the ladder shows better.
struct Shown<T>(T);

impl<T> Debug for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("what stands above")
    }
}
