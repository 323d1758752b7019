use super::LESSON;
use chat_threads_exercises::slow_policy::{Outbox, Posted, Slow};
use peer::{Scene, caught};
use std::fmt;
use std::sync::Arc;

/// What a test does with the student's outbox.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Post a frame of so many bytes; this should become of it.
    Post(usize, Posted),
    /// So many bytes are written.
    Sent(usize),
}
use Step::{Post, Sent};

/// What the outbox said at each step, and what it has to send at the end.
struct Played {
    said: Vec<(Option<Posted>, usize)>,
    rest: Vec<u8>,
}

impl fmt::Debug for Played {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "after {} steps", self.said.len())
    }
}

/// Frame `number` of a play: its bytes say which one it is.
fn frame(number: usize, length: usize) -> Arc<[u8]> {
    let letter = b'a' + (number % 26) as u8;
    vec![letter; length].into()
}

/// Plays `steps`, and ends the test at the first answer that is not the expected one, or when the
/// bytes that come out at the end are not `rest`: frame letters, in order.
fn play(
    scene: &Scene,
    limit: usize,
    slow: Slow,
    steps: &[Step],
    rest: &str,
    keys: [&'static str; 2],
) {
    let script = steps.to_vec();
    let [key, bytes_key] = keys;
    let play = move || {
        let mut outbox = Outbox::new(limit, slow);
        let mut posted = 0;
        let said = script
            .into_iter()
            .map(|step| {
                let answer = match step {
                    Post(length, _) => {
                        posted += 1;
                        Some(outbox.post(&frame(posted - 1, length)))
                    }
                    Sent(count) => {
                        outbox.sent(count.min(outbox.to_send().len()));
                        None
                    }
                };
                (answer, outbox.waiting())
            })
            .collect();
        let mut rest = Vec::new();
        while !outbox.to_send().is_empty() {
            rest.extend_from_slice(outbox.to_send());
            outbox.sent(outbox.to_send().len());
        }
        Played { said, rest }
    };
    let played = scene
        .run("your outbox", move || caught(play))
        .join(|_| "oversized");
    let Played { said, rest: bytes } = match played {
        Ok(played) => played,
        // Also a panic in what is given: it believes that the bytes are in order.
        Err(panic) => {
            scene.check(false, bytes_key, || {
                format!("Your outbox panicked: {panic}")
            });
            return;
        }
    };
    scene.note(format!("{slow:?}, limit {limit}"));
    let mut posted = 0;
    for (step, (answer, waiting)) in steps.iter().zip(said) {
        match (step, answer) {
            (Post(length, expected), Some(answer)) => {
                let name = char::from(frame(posted, 1)[0]);
                posted += 1;
                scene.note(format!(
                    "{length} bytes of '{name}' posted: {answer:?}, {waiting} wait"
                ));
                scene.check(answer == *expected, key, || {
                    format!("post() of {length} bytes of '{name}' said {answer:?}; {expected:?} was expected.")
                });
            }
            (Sent(count), _) => scene.note(format!("{count} bytes written, {waiting} wait")),
            _ => {}
        }
        scene.check(waiting <= limit, key, || {
            format!("{waiting} bytes wait, and {limit} may.")
        });
    }
    scene.compare(
        rest.as_bytes(),
        &bytes,
        bytes_key,
        "What is to be sent at the end is not what should be.",
    );
}

#[test]
fn what_fits_is_queued_in_order() {
    LESSON.grade("slow_policy", |scene| {
        for slow in [Slow::DropOldest, Slow::Disconnect] {
            let steps = [
                Post(4, Posted::Queued),
                Post(3, Posted::Queued),
                Sent(2),
                Post(5, Posted::Queued), // 10 bytes now: that is exactly the limit.
                Sent(2),
                Post(2, Posted::Queued),
            ];
            play(
                scene,
                10,
                slow,
                &steps,
                "bbbcccccdd",
                ["fits-exactly", "order"],
            );
        }
    });
}

#[test]
fn disconnects_who_is_slow_and_queues_nothing_more() {
    LESSON.grade("slow_policy", |scene| {
        let steps = [
            Post(6, Posted::Queued),
            Post(5, Posted::Disconnect),
            Post(4, Posted::Queued),
            Post(1, Posted::Disconnect),
        ];
        let keys = ["disconnects", "disconnects"];
        play(scene, 10, Slow::Disconnect, &steps, "aaaaaacccc", keys);
    });
}

#[test]
fn drops_the_oldest_and_keeps_the_newest() {
    LESSON.grade("slow_policy", |scene| {
        let steps = [
            Post(5, Posted::Queued),
            Post(6, Posted::Dropped(1)),
            Post(5, Posted::Dropped(1)),
        ];
        let keys = ["drops-the-oldest", "drops-the-oldest"];
        play(scene, 10, Slow::DropOldest, &steps, "ccccc", keys);
    });
}

#[test]
fn drops_as_many_as_needed_and_no_more() {
    LESSON.grade("slow_policy", |scene| {
        let steps = [
            Post(3, Posted::Queued),
            Post(2, Posted::Queued),
            Post(2, Posted::Queued),
            Post(3, Posted::Queued),
            Post(6, Posted::Dropped(3)), // 7 bytes go, because 5 would not do.
            Post(1, Posted::Queued),
        ];
        let keys = ["as-many-as-needed", "as-many-as-needed"];
        play(scene, 10, Slow::DropOldest, &steps, "dddeeeeeef", keys);
    });
}

#[test]
fn a_frame_that_has_begun_is_finished() {
    LESSON.grade("slow_policy", |scene| {
        let begun = scene.random().usize(1..4);
        let steps = [
            Post(4, Posted::Queued),
            Post(6, Posted::Queued),
            Sent(begun),
            Post(6, Posted::Dropped(1)),
            Post(6, Posted::Dropped(1)),
        ];
        let rest = format!("{}dddddd", "a".repeat(4 - begun));
        let keys = ["cuts-a-frame", "cuts-a-frame"];
        play(scene, 10, Slow::DropOldest, &steps, &rest, keys);
    });
}

#[test]
fn a_frame_that_can_never_fit_is_dropped_alone() {
    LESSON.grade("slow_policy", |scene| {
        let steps = [
            Post(4, Posted::Queued),
            Post(11, Posted::Dropped(1)),
            Post(6, Posted::Queued),
            Sent(1),
            Post(8, Posted::Dropped(1)), // Beside the 3 bytes that must stay there is room for 7.
            Post(7, Posted::Dropped(1)),
        ];
        let keys = ["oversized", "oversized"];
        play(scene, 10, Slow::DropOldest, &steps, "aaaeeeeeee", keys);
        let steps = [Post(11, Posted::Disconnect)];
        play(scene, 10, Slow::Disconnect, &steps, "", keys);
    });
}
