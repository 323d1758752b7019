use super::{LESSON, must, probe};
use peer::{Scene, caught};
use polling_exercises::jittered_repoll::{FIRST, LONGEST, Outcome, Repoll};
use std::time::Duration;

/// Two computations of the same wait may differ by this.
const ROUNDING: Duration = Duration::from_millis(1);

/// An attempt, the number that is thrown after it, and the wait that is expected.
type Step = (Outcome, f64, Duration);

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn in_ms(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

fn is_about(got: Duration, expected: Duration) -> bool {
    got.abs_diff(expected) <= ROUNDING
}

/// What the student's code says after each of these outcomes. It gets the `throws`, one after the
/// other, and the last one again and again.
fn waits(scene: &Scene, outcomes: Vec<Outcome>, throws: Vec<f64>) -> Vec<Result<Duration, String>> {
    probe(
        scene,
        "your client",
        |_| "never-returns",
        move || {
            let mut nth = 0;
            let mut client = Repoll::new(|| {
                let thrown = throws[nth.min(throws.len() - 1)];
                nth += 1;
                thrown
            });
            let mut waits = Vec::new();
            for outcome in outcomes {
                let wait = caught(|| client.wait_after(outcome));
                let goes_on = wait.is_ok();
                waits.push(wait);
                if !goes_on {
                    break;
                }
            }
            waits
        },
    )
}

/// Plays `steps`, and ends the test at the first wait that is not the expected one. `key` looks at
/// the index of the step and at the wait.
fn play(scene: &Scene, steps: &[Step], key: impl Fn(usize, Duration) -> &'static str) {
    let outcomes = steps.iter().map(|(outcome, ..)| *outcome).collect();
    let throws = steps
        .iter()
        .filter(|(outcome, ..)| *outcome != Outcome::Answered);
    let throws = throws.map(|(_, throw, _)| *throw).chain([0.5]).collect();
    let waits = waits(scene, outcomes, throws);
    for (nth, ((outcome, throw, expected), got)) in steps.iter().zip(waits).enumerate() {
        let thrown = match outcome {
            Outcome::Answered => String::new(),
            _ => format!(", thrown {throw:.2}"),
        };
        let said = match &got {
            Ok(wait) => in_ms(*wait),
            Err(panic) => format!("a panic: {panic}"),
        };
        scene.note(format!("{outcome:?}{thrown}: wait {said}"));
        let wait = got.unwrap_or(Duration::MAX);
        scene.check(is_about(wait, *expected), key(nth, wait), || {
            format!(
                "After {outcome:?} wait_after said {said}; {} was expected.",
                in_ms(*expected)
            )
        });
    }
}

/// A number that is neither near 0, nor a half, nor 1.
fn throw(scene: &Scene) -> f64 {
    0.55 + 0.35 * scene.random().f64()
}

#[test]
fn asks_again_at_once_after_an_answer() {
    LESSON.grade("jittered_repoll", |scene| {
        let step = (Outcome::Answered, 0.0, Duration::ZERO);
        play(scene, &[step; 3], |_, _| "answered-is-at-once");
    });
}

#[test]
fn waits_a_part_of_the_first_time_after_a_failure() {
    LESSON.grade("jittered_repoll", |scene| {
        for thrown in [throw(scene), throw(scene), 0.0, 0.999] {
            let step = (Outcome::Failed, thrown, FIRST.mul_f64(thrown));
            play(scene, &[step], |_, wait| match wait {
                FIRST => "all-in-the-same-moment",
                _ => "the-first-wait",
            });
        }
    });
}

#[test]
fn throws_for_each_wait_and_doubles_what_it_may_be() {
    LESSON.grade("jittered_repoll", |scene| {
        let mut steps = Vec::new();
        for nth in 0..5 {
            // Never one that is like the one before.
            let thrown = match nth % 2 {
                0 => throw(scene),
                _ => throw(scene) / 2.0,
            };
            let wait = (FIRST * (1 << nth)).mul_f64(thrown);
            steps.push((Outcome::Failed, thrown, wait));
        }
        let first = steps[0].1;
        play(scene, &steps, |nth, wait| {
            if is_about(wait, (FIRST * (1 << nth)).mul_f64(first)) {
                "one-throw-for-all"
            } else {
                "doubles"
            }
        });
    });
}

#[test]
fn never_waits_longer_than_the_longest_and_still_throws() {
    LESSON.grade("jittered_repoll", |scene| {
        let mut steps = Vec::new();
        for nth in 0..9 {
            // So high that the first wait over the limit would be over it with the throw, too.
            let thrown = 0.8 + 0.15 * scene.random().f64();
            let longest = (FIRST * (1 << nth)).min(LONGEST);
            steps.push((Outcome::Failed, thrown, longest.mul_f64(thrown)));
        }
        play(scene, &steps, |_, wait| match wait {
            LONGEST => "the-limit-kills-the-jitter",
            _ => "no-limit",
        });
    });
}

#[test]
fn a_server_may_be_away_for_a_week() {
    LESSON.grade("jittered_repoll", |scene| {
        let thrown = throw(scene);
        let outcomes = vec![Outcome::Failed; 100_000];
        scene.note(format!("100000 failures, thrown {thrown:.2} each time"));
        let waits = waits(scene, outcomes, vec![thrown]);
        let wrong = waits
            .iter()
            .skip(9)
            .position(|wait| !matches!(wait, Ok(wait) if is_about(*wait, LONGEST.mul_f64(thrown))));
        let said = wrong.map(|nth| (nth + 10, &waits[nth + 9]));
        scene.check(said.is_none(), "doubles-without-end", || match said {
            Some((nth, Err(panic))) => {
                format!("After failure number {nth} your code panicked: {panic}")
            }
            Some((nth, Ok(wait))) => format!(
                "After failure number {nth} wait_after said {wait:?}; {:?} was expected.",
                LONGEST.mul_f64(thrown)
            ),
            None => String::new(),
        });
    });
}

#[test]
fn begins_anew_after_an_answer() {
    LESSON.grade("jittered_repoll", |scene| {
        let thrown = throw(scene);
        let failed = |longest: Duration| (Outcome::Failed, thrown, longest.mul_f64(thrown));
        let answered = (Outcome::Answered, 0.0, Duration::ZERO);
        let steps = [
            failed(FIRST),
            failed(2 * FIRST),
            failed(4 * FIRST),
            answered,
            failed(FIRST),
            failed(2 * FIRST),
            answered,
            failed(FIRST),
        ];
        play(scene, &steps, |_, _| "begins-anew");
    });
}

#[test]
fn waits_as_long_as_the_server_wishes_and_then_its_own_time() {
    LESSON.grade("jittered_repoll", |scene| {
        let wished = ms(scene.random().u64(1_000..60_000));
        let refused = Outcome::Refused(wished);
        for thrown in [throw(scene), 0.0] {
            let step = (refused, thrown, wished + FIRST.mul_f64(thrown));
            play(scene, &[step], |_, wait| {
                if wait == wished {
                    "told-the-same"
                } else {
                    "as-the-server-wishes"
                }
            });
        }
    });
}

#[test]
fn a_refusal_is_a_failure() {
    LESSON.grade("jittered_repoll", |scene| {
        let wished = ms(scene.random().u64(1_000..9_000));
        let step = |outcome, longest: Duration| {
            let thrown = throw(scene);
            let wished = match outcome {
                Outcome::Refused(wished) => wished,
                _ => Duration::ZERO,
            };
            (outcome, thrown, wished + longest.mul_f64(thrown))
        };
        let steps = [
            step(Outcome::Failed, FIRST),
            step(Outcome::Refused(wished), 2 * FIRST),
            step(Outcome::Failed, 4 * FIRST),
            step(Outcome::Refused(Duration::ZERO), 8 * FIRST),
            step(Outcome::Failed, 16 * FIRST),
        ];
        play(scene, &steps, |_, _| "a-refusal-is-no-answer");
    });
}

#[test]
fn no_wish_is_worth_a_panic() {
    LESSON.grade("jittered_repoll", |scene| {
        let wish = Outcome::Refused(Duration::MAX);
        let waits = waits(scene, vec![wish; 2], vec![throw(scene)]);
        scene.note("twice: Refused(Duration::MAX)");
        let outcome = waits.into_iter().try_for_each(|wait| {
            must(wait == Ok(Duration::MAX), "any-wish", || match wait {
                Ok(wait) => {
                    format!("The server wished Duration::MAX, and wait_after said {wait:?}.")
                }
                Err(panic) => {
                    format!("The server wished Duration::MAX, and your code panicked: {panic}")
                }
            })
        });
        super::good(scene, outcome);
    });
}
