use super::{LESSON, probe};
use peer::Scene;
use std::time::{Duration, Instant};
use ws_session_exercises::heartbeat::{Heartbeat, Next, Times};

/// What happens, and what should come of it; times in milliseconds.
#[derive(Clone, Copy, Debug)]
enum Step {
    BytesCame,
    /// A pong with the payload of which ping (the first is 0), and the time that it should give.
    Pong(usize, Option<u64>),
    /// A pong that answers no ping.
    StrayPong,
    Waits(u64),
    Pings,
    GivesUp,
}
use Step::{BytesCame, GivesUp, Pings, Pong, StrayPong, Waits};

/// What the student's heartbeat said to a step.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Said {
    Nothing,
    Next(Next),
    Took(Option<Duration>),
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Plays `steps`, each with its moment and its hint, and ends the test at the first wrong answer.
fn play(scene: &Scene, quiet: u64, pong: u64, steps: &[(u64, Step, &'static str)]) {
    let times = Times {
        quiet: ms(quiet),
        pong: ms(pong),
    };
    let played = steps.to_vec();
    let said = probe(scene, "your heartbeat", move || {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(times, start);
        let mut pings: Vec<[u8; 8]> = Vec::new();
        let mut said = Vec::new();
        for (at, step, _) in played {
            let now = start + ms(at);
            said.push(match step {
                BytesCame => {
                    heartbeat.bytes_came(now);
                    Said::Nothing
                }
                Pong(which, _) => {
                    // One that was never sent is noticed at the step that should have sent it.
                    let payload = pings.get(which).copied().unwrap_or_default();
                    Said::Took(heartbeat.pong_came(&payload, now))
                }
                StrayPong => Said::Took(heartbeat.pong_came(b"hello", now)),
                Waits(_) | Pings | GivesUp => {
                    let next = heartbeat.next(now);
                    if let Next::Ping(payload) = next {
                        pings.push(payload);
                    }
                    Said::Next(next)
                }
            });
        }
        said
    });
    scene.note(format!("quiet: {quiet} ms, pong: {pong} ms"));
    let mut pings: Vec<[u8; 8]> = Vec::new();
    for ((at, step, key), said) in steps.iter().zip(said) {
        let call = match step {
            BytesCame => "bytes_came".to_string(),
            Pong(which, _) => format!("pong_came to ping {}", which + 1),
            StrayPong => "pong_came to no ping".to_string(),
            Waits(_) | Pings | GivesUp => "next".to_string(),
        };
        let answer = match said {
            Said::Nothing => String::new(),
            Said::Next(next) => format!(" = {next:?}"),
            Said::Took(took) => format!(" = {took:?}"),
        };
        scene.note(format!("{at:6} ms  {call}{answer}"));
        let (is_good, expected) = match (*step, said) {
            (BytesCame, _) => (true, String::new()),
            (Pong(_, expected), said) => {
                let expected = expected.map(ms);
                (said == Said::Took(expected), format!("{expected:?}"))
            }
            (StrayPong, said) => (said == Said::Took(None), "None".to_string()),
            (Waits(left), said) => {
                let expected = Next::Wait(ms(left));
                (said == Said::Next(expected), format!("{expected:?}"))
            }
            (GivesUp, said) => (
                said == Said::Next(Next::GiveUp),
                format!("{:?}", Next::GiveUp),
            ),
            (Pings, Said::Next(Next::Ping(payload))) => {
                scene.check(!pings.contains(&payload), "a-payload-of-its-own", || {
                    format!(
                        "Your ping {} has the payload of an earlier one.",
                        pings.len() + 1
                    )
                });
                pings.push(payload);
                (true, String::new())
            }
            (Pings, _) => (false, "Ping".to_string()),
        };
        // All times are whole milliseconds here, and so are the differences between them.
        let key = match said {
            Said::Next(Next::Wait(left)) | Said::Took(Some(left))
                if left.subsec_nanos() % 1_000_000 != 0 =>
            {
                "reads-a-clock"
            }
            Said::Next(Next::Wait(Duration::ZERO)) => "no-zero-wait",
            _ => key,
        };
        scene.check(is_good, key, || {
            format!("At {at} ms {call}{answer}; {expected} was expected.")
        });
    }
}

/// Either of the two may be the longer one.
fn times(scene: &Scene) -> [(u64, u64); 2] {
    let short = scene.random().u64(1_000..2_000);
    let long = scene.random().u64(5_000..9_000);
    [(long, short), (short, long)]
}

#[test]
fn waits_then_asks_then_gives_up() {
    LESSON.grade("heartbeat", |scene| {
        for (quiet, pong) in times(scene) {
            let early = scene.random().u64(1..quiet);
            let steps = [
                (0, Waits(quiet), "waits-for-what-is-left"),
                (early, Waits(quiet - early), "waits-for-what-is-left"),
                (quiet - 1, Waits(1), "waits-for-what-is-left"),
                (quiet, Pings, "asks-first"),
                (quiet, Waits(pong), "one-ping-at-a-time"),
                (quiet + pong - 1, Waits(1), "waits-for-what-is-left"),
                (quiet + pong, GivesUp, "gives-up"),
                (quiet + pong + 9_000, GivesUp, "gives-up"),
            ];
            play(scene, quiet, pong, &steps);
        }
    });
}

#[test]
fn asks_once_and_no_call_in_between_changes_that() {
    LESSON.grade("heartbeat", |scene| {
        for (quiet, pong) in times(scene) {
            let step = pong / 4;
            let asked = quiet + 7;
            let key = "one-ping-at-a-time";
            let steps = [
                (asked, Pings, "asks-first"),
                (asked + step, Waits(pong - step), key),
                (asked + 2 * step, Waits(pong - 2 * step), key),
                (asked + 3 * step, Waits(pong - 3 * step), key),
                (asked + pong, GivesUp, key),
            ];
            play(scene, quiet, pong, &steps);
        }
    });
}

#[test]
fn who_speaks_is_not_asked() {
    LESSON.grade("heartbeat", |scene| {
        for (quiet, pong) in times(scene) {
            let key = "busy-is-alive";
            let mut steps = vec![];
            let mut now = 0;
            for _ in 0..5 {
                now += scene.random().u64(quiet / 2..quiet);
                steps.push((now, BytesCame, key));
                steps.push((now, Waits(quiet), key));
            }
            steps.push((now + quiet, Pings, "asks-first"));
            play(scene, quiet, pong, &steps);
        }
    });
}

#[test]
fn any_byte_is_a_sign_of_life() {
    LESSON.grade("heartbeat", |scene| {
        for (quiet, pong) in times(scene) {
            let heard = quiet + scene.random().u64(1..pong);
            let key = "any-byte-is-life";
            let steps = [
                (quiet, Pings, "asks-first"),
                (heard, BytesCame, key),
                (heard, Waits(quiet), key),
                (heard + quiet, Pings, key),
                (heard + quiet + pong, GivesUp, "gives-up"),
            ];
            play(scene, quiet, pong, &steps);
        }
    });
}

#[test]
fn measures_the_way_there_and_back() {
    LESSON.grade("heartbeat", |scene| {
        for (quiet, pong) in times(scene) {
            let took = scene.random().u64(1..pong / 2);
            let came = quiet + took;
            let steps = [
                (quiet, Pings, "asks-first"),
                (came, BytesCame, "any-byte-is-life"),
                (came, Pong(0, Some(took)), "measures-from-the-ping"),
                (came + 1, BytesCame, "any-byte-is-life"),
                (came + 1, Pong(0, None), "answers-once"),
                (came + 2, Waits(quiet - 1), "any-byte-is-life"),
            ];
            play(scene, quiet, pong, &steps);
            // A long message comes first: the pong was stuck behind it.
            let steps = [
                (quiet, Pings, "asks-first"),
                (quiet + 1, BytesCame, "any-byte-is-life"),
                (quiet + 1, Waits(quiet), "any-byte-is-life"),
                (came + 2, BytesCame, "any-byte-is-life"),
                (came + 2, Pong(0, Some(took + 2)), "measures-from-the-ping"),
            ];
            play(scene, quiet, pong, &steps);
        }
    });
}

#[test]
fn a_pong_that_answers_nothing_is_only_a_sign_of_life() {
    LESSON.grade("heartbeat", |scene| {
        for (quiet, pong) in times(scene) {
            let key = "which-ping";
            let steps = [
                (1, BytesCame, key),
                (1, StrayPong, key),
                (1, Waits(quiet), key),
                (quiet + 1, Pings, "asks-first"),
                (quiet + 2, BytesCame, key),
                (quiet + 2, StrayPong, key),
                (quiet + 5, BytesCame, key),
                (quiet + 5, Pong(0, Some(4)), key),
            ];
            play(scene, quiet, pong, &steps);
        }
    });
}

#[test]
fn only_the_last_ping_counts() {
    LESSON.grade("heartbeat", |scene| {
        for (quiet, pong) in times(scene) {
            let second = 2 * quiet + 3;
            let key = "which-ping";
            let steps = [
                (quiet, Pings, "asks-first"),
                (quiet + 3, BytesCame, "any-byte-is-life"),
                (second, Pings, "any-byte-is-life"),
                (second + 1, BytesCame, key),
                (second + 1, Pong(0, None), key),
                (second + 5, BytesCame, key),
                (second + 5, Pong(1, Some(5)), key),
            ];
            play(scene, quiet, pong, &steps);
        }
    });
}

#[test]
fn asks_first_even_when_it_is_very_late() {
    LESSON.grade("heartbeat", |scene| {
        for (quiet, pong) in times(scene) {
            let late = quiet + pong + scene.random().u64(100_000..900_000);
            let steps = [
                (late, Pings, "asks-first"),
                (late + 1, Waits(pong - 1), "asks-first"),
                (late + pong, GivesUp, "gives-up"),
            ];
            play(scene, quiet, pong, &steps);
        }
    });
}
