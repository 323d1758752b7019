use super::{LESSON, told};
use peer::{Scene, Why};
use std::fmt;
use std::io;
use std::time::{Duration, Instant};
use timeouts_exercises::blackhole_heartbeat::{Beat, Ending, Heartbeat, watch};

/// Of the heartbeat on a real connection: far more patience than a busy machine needs for an
/// answer.
const INTERVAL: Duration = Duration::from_millis(60);
const PATIENCE: Duration = Duration::from_millis(900);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// What a test asks of the student's heartbeat, and at which second.
#[derive(Clone, Copy)]
enum Does {
    Hear,
    Next(Beat),
}
use Does::{Hear, Next};

/// What the student's heartbeat said at each step: too long for one line of the ladder.
struct Beats(Vec<Option<Beat>>);

impl fmt::Debug for Beats {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "after {} calls", self.0.len())
    }
}

/// Plays `steps` and ends the test at the first beat that is not the expected one, with the hint
/// that `key` chooses from what came instead.
fn play(
    scene: &Scene,
    interval: u64,
    patience: u64,
    steps: &[(u64, Does)],
    key: impl Fn(Beat) -> &'static str,
) {
    let script = steps.to_vec();
    let Beats(beats) = scene
        .run("your heartbeat", move || {
            let start = Instant::now();
            let mut heartbeat = Heartbeat::new(seconds(interval), seconds(patience), start);
            let play = |(second, step)| {
                let now = start + seconds(second);
                match step {
                    Hear => {
                        heartbeat.heard(now);
                        None
                    }
                    Next(_) => Some(heartbeat.next(now)),
                }
            };
            Beats(script.into_iter().map(play).collect())
        })
        .join(|_| "overran");
    scene.note(format!("interval {interval} s, patience {patience} s"));
    for ((second, step), beat) in steps.iter().zip(beats) {
        let (Next(expected), Some(beat)) = (*step, beat) else {
            scene.note(format!("at {second} s: heard"));
            continue;
        };
        scene.note(format!("at {second} s: {beat:?}"));
        scene.check(beat == expected, key(beat), || {
            format!("At {second} s your heartbeat said {beat:?}; {expected:?} was expected.")
        });
    }
}

#[test]
fn waits_and_then_asks() {
    LESSON.grade("blackhole_heartbeat", |scene| {
        let interval = scene.random().u64(5..20);
        let early = scene.random().u64(1..interval);
        let steps = [
            (0, Next(Beat::Wait(seconds(interval)))),
            (early, Next(Beat::Wait(seconds(interval - early)))),
            (interval, Next(Beat::Ask)),
        ];
        play(scene, interval, 10 * interval, &steps, |beat| match beat {
            Beat::Wait(wait) if wait.is_zero() => "no-zero-wait",
            _ => "ask-first",
        });
    });
}

#[test]
fn asks_once_and_then_waits_again() {
    LESSON.grade("blackhole_heartbeat", |scene| {
        let interval = scene.random().u64(5..20);
        let late = interval + scene.random().u64(1..5);
        let steps = [
            (late, Next(Beat::Ask)),
            (late, Next(Beat::Wait(seconds(interval)))),
            (late + interval, Next(Beat::Ask)),
        ];
        play(scene, interval, 10 * interval, &steps, |beat| match beat {
            Beat::Wait(wait) if wait.is_zero() => "no-zero-wait",
            _ => "ask-once",
        });
    });
}

#[test]
fn gives_up_a_peer_that_never_answers() {
    LESSON.grade("blackhole_heartbeat", |scene| {
        let interval = scene.random().u64(5..20);
        let (once, twice) = (interval, 2 * interval);
        let patience = twice + scene.random().u64(1..interval);
        let steps = [
            (once, Next(Beat::Ask)),
            (twice, Next(Beat::Ask)),
            (patience, Next(Beat::GiveUp)),
            (patience, Next(Beat::GiveUp)),
        ];
        play(scene, interval, patience, &steps, |_| "silence-ends-it");
    });
}

#[test]
fn an_answer_begins_everything_anew() {
    LESSON.grade("blackhole_heartbeat", |scene| {
        let interval = scene.random().u64(5..20);
        let patience = 2 * interval + 2;
        let answer = interval + 1;
        let steps = [
            (interval, Next(Beat::Ask)),
            (answer, Hear),
            (answer, Next(Beat::Wait(seconds(interval)))),
            (answer + interval, Next(Beat::Ask)),
            (
                patience,
                Next(Beat::Wait(seconds(answer + 2 * interval - patience))),
            ),
            (answer + 2 * interval, Next(Beat::Ask)),
            (answer + patience, Next(Beat::GiveUp)),
        ];
        play(scene, interval, patience, &steps, |_| "hearing-begins-anew");
    });
}

#[test]
fn does_not_sleep_past_the_end_of_its_patience() {
    LESSON.grade("blackhole_heartbeat", |scene| {
        let interval = scene.random().u64(10..20);
        let rest = scene.random().u64(1..interval);
        let patience = 2 * interval + rest;
        let steps = [
            (interval, Next(Beat::Ask)),
            (2 * interval, Next(Beat::Ask)),
            (2 * interval, Next(Beat::Wait(seconds(rest)))),
            (patience, Next(Beat::GiveUp)),
        ];
        play(scene, interval, patience, &steps, |_| "waits-too-long");
    });
}

#[test]
fn gives_up_at_once_after_a_long_sleep() {
    LESSON.grade("blackhole_heartbeat", |scene| {
        let late = scene.random().u64(25..9999);
        let steps = [(late, Next(Beat::GiveUp)), (late, Next(Beat::GiveUp))];
        play(scene, 10, 25, &steps, |_| "give-up-comes-first");
    });
}

/// Where the student's watch is, while its peer is alive or has become a black hole.
fn watched(why: Why) -> &'static str {
    match why {
        Why::Ended | Why::Reset => "hearing-begins-anew",
        Why::Different => "ask-once",
        Why::Blocked(_) | Why::Spinning => "silence-ends-it",
    }
}

fn ends(scene: &Scene, ending: &io::Result<Ending>, expected: Ending) {
    scene.check(
        matches!(ending, Ok(ending) if *ending == expected),
        "silence-ends-it",
        || {
            format!(
                "The watch returned {}; Ok({expected:?}) was expected.",
                told(ending)
            )
        },
    );
}

#[test]
fn notices_a_black_hole_on_a_real_connection() {
    LESSON.grade_within(peer::LONGEST_DEADLINE, "blackhole_heartbeat", |scene| {
        let (listener, address) = scene.listener();
        let server = scene.run("your heartbeat", move || {
            let (stream, _) = listener.accept()?;
            watch(&stream, INTERVAL, PATIENCE)
        });
        let mut client = scene.connect("client", address);
        for _ in 0..scene.random().usize(2..5) {
            client.expect(b"ping\n", watched);
            client.send(b"pong\n");
        }
        scene.note("client: silent from now on, and stays connected");
        let ending = server.join(|_| "silence-ends-it");
        ends(scene, &ending, Ending::GivenUp);
        client.close();
    });
}
