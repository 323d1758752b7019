use super::LESSON;
use peer::{Scene, caught};
use std::collections::VecDeque;
use std::io;
use threads_exercises::accept_errors::{Server, accept_all};

/// What accept does next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Client(u32),
    /// ECONNABORTED
    Gone,
    /// EMFILE, ENFILE
    NoDescriptor,
    NoFile,
    /// EBADF
    Closed,
}
use Outcome::{Client, Closed, Gone, NoDescriptor, NoFile};

impl Outcome {
    fn told(self) -> String {
        match self {
            Client(number) => return format!("client {number}"),
            Gone => "\"connection aborted\"",
            NoDescriptor => "\"too many open files\"",
            NoFile => "\"too many open files in system\"",
            Closed => "\"bad file descriptor\"",
        }
        .to_string()
    }

    #[cfg(unix)]
    fn result(self) -> io::Result<u32> {
        // The same numbers on every Unix, except ECONNABORTED, whose kind says enough.
        const ENFILE: i32 = 23;
        const EMFILE: i32 = 24;
        const EBADF: i32 = 9;
        match self {
            Client(number) => Ok(number),
            Gone => Err(io::ErrorKind::ConnectionAborted.into()),
            NoDescriptor => Err(io::Error::from_raw_os_error(EMFILE)),
            NoFile => Err(io::Error::from_raw_os_error(ENFILE)),
            Closed => Err(io::Error::from_raw_os_error(EBADF)),
        }
    }

    #[cfg(not(unix))]
    fn result(self) -> io::Result<u32> {
        match self {
            Client(number) => Ok(number),
            Gone => Err(io::ErrorKind::ConnectionAborted.into()),
            NoDescriptor | NoFile => Err(io::ErrorKind::OutOfMemory.into()),
            Closed => Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}

/// A server whose accept follows a script, and that writes down what it is told to do.
#[derive(Debug)]
struct Scripted {
    script: VecDeque<Outcome>,
    done: Vec<String>,
    /// What accept gave and what the loop did, in the order of both.
    history: Vec<String>,
    /// Calls of accept after it has failed for good.
    in_vain: usize,
}

/// So many of them are for ever.
const FOR_EVER: usize = 1_000;
/// What ends a loop that goes on for ever.
const CLOSED: &str = "the listener is closed";

impl Server for Scripted {
    type Client = u32;

    fn accept(&mut self) -> io::Result<u32> {
        let outcome = self.script.pop_front().unwrap_or(Closed);
        self.in_vain += usize::from(outcome == Closed);
        assert!(self.in_vain < FOR_EVER, "{CLOSED}");
        self.history.push(format!("accept: {}", outcome.told()));
        outcome.result()
    }

    fn begin(&mut self, client: u32) {
        self.does(format!("begin {client}"));
    }

    fn pause(&mut self) {
        self.does("pause".to_string());
    }
}

impl Scripted {
    fn does(&mut self, what: String) {
        self.history.push(format!("    your loop: {what}"));
        self.done.push(what);
    }
}

/// Runs the student's loop, and judges what it did and what it returned. `key` is for a loop that
/// ends too early.
fn plays(scene: &Scene, outcomes: &[Outcome], key: &'static str) {
    let mut script: VecDeque<_> = outcomes.iter().copied().collect();
    script.push_back(Closed);
    let expected: Vec<String> = script
        .iter()
        .filter_map(|outcome| match outcome {
            Client(number) => Some(format!("begin {number}")),
            NoDescriptor | NoFile => Some("pause".to_string()),
            Gone | Closed => None,
        })
        .collect();
    let mut server = Scripted {
        script,
        done: Vec::new(),
        history: Vec::new(),
        in_vain: 0,
    };
    let run = move || {
        let returned = caught(|| accept_all(&mut server));
        (returned, server)
    };
    let (returned, server) = scene.run("your loop", run).join(|_| "never-gives-up");
    let (done, left) = (server.done, server.script.len());
    for line in server.history {
        scene.note(line);
    }

    let error = returned.unwrap_or_else(|panic| {
        let (key, sentence) = if panic.contains(CLOSED) {
            let sentence = "accept failed for good, and your loop called it again, 1,000 times.";
            ("never-gives-up", sentence.to_string())
        } else {
            ("panicked", format!("Your code panicked: {panic}"))
        };
        scene.check(false, key, || sentence);
        unreachable!("a check that fails ends the test")
    });
    scene.check(left == 0, key, || {
        format!("Your loop returned \"{error}\", and accept had {left} more outcomes to give.")
    });
    let key = difference(&expected, &done);
    scene.check(done == expected, key, || {
        format!(
            "Your loop did: {}. Expected: {}.",
            done.join(", "),
            expected.join(", ")
        )
    });
    let last = Closed.result().map_err(|closed| closed.kind());
    scene.check(Err(error.kind()) == last, "returns-the-error", || {
        format!("accept failed for good, and your loop returned another error: \"{error}\".")
    });
}

/// What is wrong with a loop that did the wrong things.
fn difference(expected: &[String], done: &[String]) -> &'static str {
    let pauses = |list: &[String]| list.iter().filter(|what| *what == "pause").count();
    let begun = |list: &[String]| list.len() - pauses(list);
    if begun(done) != begun(expected) {
        "client-lost"
    } else if pauses(done) > pauses(expected) {
        "pauses-without-need"
    } else if pauses(done) < pauses(expected) {
        "no-pause"
    } else {
        "out-of-order"
    }
}

#[test]
fn begins_with_every_client_until_accept_fails_for_good() {
    LESSON.grade("accept_errors", |scene| {
        plays(scene, &[Client(1), Client(2), Client(3)], "client-lost");
    });
}

#[test]
fn goes_on_at_once_when_a_client_has_gone() {
    LESSON.grade("accept_errors", |scene| {
        let script = [Client(1), Gone, Client(2), Gone, Gone, Client(3)];
        plays(scene, &script, "dies-with-one-client");
    });
}

#[test]
fn pauses_when_descriptors_have_run_out() {
    LESSON.grade("accept_errors", |scene| {
        plays(
            scene,
            &[Client(1), NoDescriptor, Client(2)],
            "no-descriptor-is-no-end",
        );
    });
}

#[test]
fn pauses_each_time_as_long_as_they_are_missing() {
    LESSON.grade("accept_errors", |scene| {
        let times = scene.random().usize(3..8);
        let mut script = vec![NoDescriptor; times];
        script.extend([NoFile, Client(1), NoFile, Gone, Client(2)]);
        plays(scene, &script, "no-descriptor-is-no-end");
    });
}

#[test]
fn takes_any_errors_in_any_order() {
    LESSON.grade("accept_errors", |scene| {
        let mut next = 0;
        let script: Vec<_> = (0..20)
            .map(|_| match scene.random().u8(..4) {
                0 => Gone,
                1 => NoDescriptor,
                2 => NoFile,
                _ => {
                    next += 1;
                    Client(next)
                }
            })
            .collect();
        plays(scene, &script, "no-descriptor-is-no-end");
    });
}
