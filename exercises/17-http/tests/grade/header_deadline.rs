use super::LESSON;
use http_exercises::header_deadline::{HeadClock, Next, Patience};
use peer::Scene;
use std::time::{Duration, Instant};

/// What happens to a connection; times in milliseconds since it was accepted.
#[derive(Clone, Copy, Debug)]
enum Step {
    Came(u64),
    Answered(u64, bool),
    /// What `next` should say.
    Ask(u64, Next),
}
use Step::{Answered, Ask, Came};

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn wait(milliseconds: u64) -> Next {
    Next::Wait(ms(milliseconds))
}

/// Plays `steps` to the student's clock. `key` is the hint for the first answer that is wrong.
fn play(
    scene: &Scene,
    between: u64,
    head: u64,
    steps: &[Step],
    key: impl Fn(Next, Next) -> &'static str,
) {
    let patience = Patience {
        between: ms(between),
        head: ms(head),
    };
    let played = steps.to_vec();
    let answer = scene.run("your clock", move || {
        let start = Instant::now();
        let mut clock = HeadClock::new(start, patience);
        let mut answers = Vec::new();
        for step in played {
            match step {
                Came(at) => clock.bytes_came(start + ms(at)),
                Answered(at, next_has_begun) => clock.answered(start + ms(at), next_has_begun),
                Ask(at, _) => answers.push(clock.next(start + ms(at))),
            }
        }
        answers
    });
    let mut answers = answer.join(|_| "never-returns").into_iter();
    scene.note(format!(
        "patience: {between} ms between requests, {head} ms for a head"
    ));
    for step in steps {
        match *step {
            Came(at) => scene.note(format!("{at:6} ms  bytes_came")),
            Answered(at, begun) => scene.note(format!("{at:6} ms  answered, {begun}")),
            Ask(at, expected) => {
                let Some(got) = answers.next() else { return };
                scene.note(format!("{at:6} ms  next() = {got:?}"));
                // The times here are whole milliseconds, and all differences between them are.
                let key = match got {
                    Next::Wait(left) if left.subsec_nanos() % 1_000_000 != 0 => "reads-a-clock",
                    _ => key(got, expected),
                };
                scene.check(got == expected, key, || {
                    format!("At {at} ms next() returned {got:?}; {expected:?} was expected.")
                });
            }
        }
    }
}

/// Milliseconds between requests and for a head: either of the two may be the longer one.
fn patience(scene: &Scene) -> [(u64, u64); 2] {
    let short = scene.random().u64(1_000..2_000);
    let long = scene.random().u64(5_000..9_000);
    [(long, short), (short, long)]
}

#[test]
fn waits_for_the_first_request_and_closes_without_a_word() {
    LESSON.grade("header_deadline", |scene| {
        for (between, head) in patience(scene) {
            let early = scene.random().u64(1..between);
            let steps = [
                Ask(0, wait(between)),
                Ask(early, wait(between - early)),
                Ask(between - 1, wait(1)),
                Ask(between, Next::Close),
                Ask(between + 99_000, Next::Close),
            ];
            play(scene, between, head, &steps, |got, expected| {
                match (got, expected) {
                    (Next::TooSlow, _) => "quiet-is-not-slow",
                    (Next::Wait(left), Next::Close) if left == Duration::ZERO => "no-zero-wait",
                    _ => "wait-for-what-is-left",
                }
            });
        }
    });
}

#[test]
fn gives_a_head_its_own_time_and_then_408() {
    LESSON.grade("header_deadline", |scene| {
        for (between, head) in patience(scene) {
            let first = scene.random().u64(1..between);
            let steps = [
                Came(first),
                Ask(first, wait(head)),
                Ask(first + head - 1, wait(1)),
                Ask(first + head, Next::TooSlow),
                Ask(first + head + 99_000, Next::TooSlow),
            ];
            play(scene, between, head, &steps, |got, expected| {
                match (got, expected) {
                    (Next::Close, Next::TooSlow) => "slow-gets-408",
                    (Next::Wait(left), Next::TooSlow) if left == Duration::ZERO => "no-zero-wait",
                    _ => "a-head-has-its-own-time",
                }
            });
        }
    });
}

#[test]
fn does_not_move_the_deadline_for_more_bytes() {
    LESSON.grade("header_deadline", |scene| {
        for (between, head) in patience(scene) {
            let first = scene.random().u64(1..between);
            let pace = head / 4;
            let mut steps = vec![Came(first)];
            for nth in 1..4 {
                steps.push(Came(first + nth * pace));
                steps.push(Ask(first + nth * pace, wait(head - nth * pace)));
            }
            steps.push(Ask(first + head, Next::TooSlow));
            play(
                scene,
                between,
                head,
                &steps,
                |_, _| "each-byte-restarts-the-clock",
            );
        }
    });
}

#[test]
fn begins_anew_after_an_answer() {
    LESSON.grade("header_deadline", |scene| {
        for (between, head) in patience(scene) {
            let first = scene.random().u64(1..between);
            let answered = first + head / 2;
            let second = answered + between - 1;
            let steps = [
                Came(first),
                Answered(answered, false),
                Ask(answered, wait(between)),
                Came(second),
                Ask(second + 1, wait(head - 1)),
                Answered(second + 2, false),
                Ask(second + 2 + between, Next::Close),
            ];
            play(scene, between, head, &steps, |_, _| "an-answer-begins-anew");
        }
    });
}

#[test]
fn counts_for_a_head_that_came_with_the_request_before() {
    LESSON.grade("header_deadline", |scene| {
        for (between, head) in patience(scene) {
            let first = scene.random().u64(1..between);
            let answered = first + head / 2;
            let steps = [
                Came(first),
                Answered(answered, true),
                Ask(answered, wait(head)),
                Came(answered + 1),
                Ask(answered + 2, wait(head - 2)),
                Ask(answered + head, Next::TooSlow),
            ];
            play(scene, between, head, &steps, |_, _| "the-next-has-begun");
        }
    });
}
