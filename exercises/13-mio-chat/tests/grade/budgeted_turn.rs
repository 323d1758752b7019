use super::{LESSON, told};
use framing::Frames;
use mio_chat_exercises::budgeted_turn::{Then, turn};
use peer::{Scene, Script, Step};
use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of payload that the codec accepts.
const MAX_TEXT: usize = 1024;

/// Turns after which a connection that always says `Again` is taken for one that never stops.
const MANY_TURNS: usize = 8;

fn frame(payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], payload].concat()
}

fn frames(texts: &[String]) -> Vec<u8> {
    texts.iter().flat_map(frame).collect()
}

fn texts(scene: &Scene, count: usize) -> Vec<String> {
    (0..count).map(|_| scene.random_letters(3)).collect()
}

/// What one turn took and said.
struct Turn {
    taken: Vec<String>,
    said: io::Result<Then>,
}

/// All turns until one that does not say `Again`.
struct Turns(Vec<Turn>);

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let of = |turn: &Turn| format!("{} taken, {}", turn.taken.len(), told(&turn.said));
        let turns: Vec<String> = self.0.iter().take(4).map(of).collect();
        f.write_str(&turns.join("; "))
    }
}

/// Gives the student's function turns, with the connection's codec, until it says something else than
/// `Again`, and `more` times after that: an event has come.
fn turns(
    scene: &Scene,
    mut stream: impl Read + Send + 'static,
    budget: usize,
    more: usize,
) -> Vec<Turn> {
    let Turns(turns) = scene
        .run("your function", move || {
            let mut codec = Frames::new(MAX_TEXT);
            let mut turns = Vec::new();
            let mut waits = 0;
            while turns.len() < MANY_TURNS && waits <= more {
                let mut taken = Vec::new();
                let take = |message: Vec<u8>| {
                    taken.push(String::from_utf8_lossy(&message).into_owned());
                };
                let said = turn(&mut stream, &mut codec, budget, take);
                waits += usize::from(!matches!(said, Ok(Then::Again)));
                let goes_on = matches!(said, Ok(Then::Again | Then::Waits));
                turns.push(Turn { taken, said });
                if !goes_on {
                    break;
                }
            }
            Turns(turns)
        })
        .join(|_| "never-returns");
    turns
}

/// All of `words` in one read, and nothing after that, however often it is asked.
fn and_silence(scene: &Scene, words: &[String]) -> Script {
    let silence = [const { Step::Failed(ErrorKind::WouldBlock) }; MANY_TURNS + 1];
    scene.script([Step::data(frames(words))].into_iter().chain(silence))
}

fn all_taken(turns: &[Turn]) -> Vec<String> {
    turns.iter().flat_map(|turn| turn.taken.clone()).collect()
}

/// The last turn said `expected`.
fn ends_with(scene: &Scene, turns: &[Turn], expected: Then, what: &str) {
    let Some(last) = turns.last() else { return };
    let key = match (&last.said, expected) {
        (Ok(Then::Ended), _) => "would-block-is-not-the-end",
        (Err(error), _) if error.kind() == ErrorKind::WouldBlock => "would-block-is-an-answer",
        (Ok(Then::Again), Then::Waits) => "asks-again-for-nothing",
        (_, Then::Ended) => "end-of-stream",
        _ => "takes-what-has-come",
    };
    let good = matches!(&last.said, Ok(said) if *said == expected);
    scene.check(good, key, || {
        format!(
            "{what}, and your function said {}; Ok({expected:?}) was expected.",
            told(&last.said)
        )
    });
}

#[test]
fn takes_the_messages_that_have_come_and_waits() {
    LESSON.grade("budgeted_turn", |scene| {
        let words = texts(scene, 2);
        let turns = turns(scene, and_silence(scene, &words), 10, 0);
        ends_with(
            scene,
            &turns,
            Then::Waits,
            "Two messages came, and then the stream would have blocked",
        );
        let taken = all_taken(&turns);
        scene.check(taken == words, "takes-what-has-come", || {
            format!("{words:?} came, and your function took {taken:?}.")
        });
    });
}

#[test]
fn puts_together_what_comes_in_pieces() {
    LESSON.grade("budgeted_turn", |scene| {
        let words = texts(scene, 2);
        let bytes = frames(&words);
        for at in 1..bytes.len() {
            let (first, second) = bytes.split_at(at);
            let blocked = Step::Failed(ErrorKind::WouldBlock);
            let steps = [Step::data(first), blocked.clone(), Step::data(second), blocked];
            let turns = turns(scene, scene.script(steps), 10, 1);
            let taken = all_taken(&turns);
            let said = turns.last().map(|turn| told(&turn.said));
            scene.check(taken == words, "forgets-the-piece", || {
                format!(
                    "Two messages came, cut behind byte {at}, with WouldBlock in between. Your function took {taken:?} of {words:?}, and said {}.",
                    said.unwrap_or_default()
                )
            });
        }
    });
}

/// A client that sends without end. Who reads more than anybody should gets an error, so that the
/// test ends.
struct Endless {
    bytes: Vec<u8>,
    at: usize,
    reads: Arc<AtomicUsize>,
}

/// Reads that a turn with a budget of ten could never need.
const TOO_MANY_READS: usize = 1_000;

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.reads.fetch_add(1, Ordering::Relaxed) >= TOO_MANY_READS {
            return Err(ErrorKind::Other.into());
        }
        for byte in buffer.iter_mut() {
            *byte = self.bytes[self.at % self.bytes.len()];
            self.at += 1;
        }
        Ok(buffer.len())
    }
}

#[test]
fn one_that_sends_without_end_has_a_budget_too() {
    LESSON.grade("budgeted_turn", |scene| {
        const BUDGET: usize = 10;
        // A message does not fit into one read evenly.
        let words = [scene.random_letters(700), scene.random_letters(801)];
        let reads = Arc::new(AtomicUsize::new(0));
        let client = Endless {
            bytes: frames(&words),
            at: 0,
            reads: Arc::clone(&reads),
        };
        let answer = scene.run("your function", move || {
            let mut client = client;
            let mut taken = 0;
            let said = turn(&mut client, &mut Frames::new(MAX_TEXT), BUDGET, |_| taken += 1);
            (taken, said)
        });
        let (taken, said) = answer.join(|_| "never-returns");
        let reads = reads.load(Ordering::Relaxed);
        scene.note(format!("client: sends without end; {reads} reads were made"));
        let key = if reads <= BUDGET {
            "budget-counts-reads"
        } else {
            "no-budget"
        };
        scene.check(taken <= BUDGET, key, || {
            format!(
                "A client sends without end. With a budget of {BUDGET} your function took {taken} of its messages in one turn, while everybody else waits."
            )
        });
        // Ten messages of at most 805 bytes are in three reads.
        scene.check(reads <= BUDGET, "reads-ahead", || {
            format!(
                "A client sends without end. Your function took {taken} messages, and made {reads} reads: what it read and did not take fills the memory."
            )
        });
        let good = taken == BUDGET && matches!(said, Ok(Then::Again));
        scene.check(good, "says-again", || {
            format!(
                "A client sends without end. With a budget of {BUDGET} your function took {taken} messages and said {}; {BUDGET} and Ok(Again) were expected.",
                told(&said)
            )
        });
    });
}

#[test]
fn the_budget_counts_messages_and_none_stays_behind() {
    LESSON.grade("budgeted_turn", |scene| {
        const BUDGET: usize = 10;
        let words = texts(scene, 25);
        // All in one read. Then the client is silent: no event will ever ask for the rest.
        let turns = turns(scene, and_silence(scene, &words), BUDGET, 0);
        let counts: Vec<usize> = turns.iter().map(|turn| turn.taken.len()).collect();
        scene.note(format!("messages taken, turn for turn: {counts:?}"));
        let most = counts.iter().copied().max().unwrap_or_default();
        scene.check(most <= BUDGET, "budget-counts-reads", || {
            format!(
                "25 messages came in one read. With a budget of {BUDGET} your function took {most} of them in one turn."
            )
        });
        let taken = all_taken(&turns);
        let said = turns.last().map(|turn| told(&turn.said)).unwrap_or_default();
        scene.check(taken == words, "left-in-the-codec", || {
            format!(
                "25 messages came in one read, and nothing after that. Your function took {} of them and said {said}: nobody will ask for the others.",
                taken.len()
            )
        });
        ends_with(scene, &turns, Then::Waits, "All messages were taken");
    });
}

#[test]
fn takes_everything_before_the_end() {
    LESSON.grade("budgeted_turn", |scene| {
        let words = texts(scene, 5);
        let script = scene.script([Step::data(frames(&words))]);
        let turns = turns(scene, script, 2, 0);
        let taken = all_taken(&turns);
        scene.check(taken == words, "end-of-stream", || {
            format!(
                "5 messages came, and then the end of the stream. With a budget of 2 your function took {}.",
                taken.len()
            )
        });
        ends_with(scene, &turns, Then::Ended, "The stream had ended");
    });
}

#[test]
fn reports_what_is_an_error() {
    LESSON.grade("budgeted_turn", |scene| {
        let words = texts(scene, 1);
        let reset = scene.script([Step::data(frames(&words)), Step::Reset]);
        let inside = scene.script([Step::data(&frames(&words)[..5])]);
        let long = scene.script([Step::data(u32::MAX.to_be_bytes())]);
        let cases = [
            (reset, ErrorKind::ConnectionReset, "The stream was reset"),
            (
                inside,
                ErrorKind::UnexpectedEof,
                "The stream ended inside a message",
            ),
            (long, ErrorKind::InvalidData, "A message was too long"),
        ];
        for (script, expected, what) in cases {
            let turns = turns(scene, script, 10, 0);
            let Some(Turn { said, .. }) = turns.last() else {
                continue;
            };
            let good = matches!(said, Err(error) if error.kind() == expected);
            scene.check(good, "errors-are-errors", || {
                format!(
                    "{what}, and your function said {}; Err({expected:?}) was expected.",
                    told(said)
                )
            });
        }
    });
}

#[test]
fn reads_again_after_an_interrupted_read() {
    LESSON.grade("budgeted_turn", |scene| {
        let words = texts(scene, 2);
        let script = scene.script([
            Step::Interrupted,
            Step::data(frames(&words)),
            Step::Failed(ErrorKind::WouldBlock),
        ]);
        let turns = turns(scene, script, 10, 0);
        let taken = all_taken(&turns);
        let said = turns.last().map(|turn| told(&turn.said)).unwrap_or_default();
        scene.check(taken == words, "interrupted", || {
            format!(
                "A read was Interrupted, the next one would have brought two messages, and your function took {} and said {said}.",
                taken.len()
            )
        });
    });
}
