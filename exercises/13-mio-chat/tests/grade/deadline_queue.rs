use super::{LESSON, must, probe};
use mio_chat_exercises::deadline_queue::Deadlines;
use peer::caught;
use std::time::{Duration, Instant};

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// To wake a millisecond late is no fault, and early is.
fn is_about(timeout: i32, expected: u64) -> bool {
    u64::try_from(timeout).is_ok_and(|timeout| (expected..=expected + 1).contains(&timeout))
}

#[test]
fn the_earliest_deadline_decides() {
    LESSON.grade("deadline_queue", |scene| {
        let early = scene.random().u64(10..500);
        let later = scene.random().u64(600..900);
        probe(scene, "your queue", move || {
            let now = Instant::now();
            let mut queue = Deadlines::new();
            for (key, at) in [(7, later), (8, early), (9, later + 50)] {
                queue.set(key, now + ms(at));
            }
            let timeout = queue.timeout_ms(now);
            must(is_about(timeout, early), "earliest", || {
                format!(
                    "Three are due, after {later}, {early} and {} ms, and timeout_ms said {timeout}; {early} was expected.",
                    later + 50
                )
            })
        });
    });
}

#[test]
fn waits_for_ever_when_nobody_will_be_due() {
    LESSON.grade("deadline_queue", |scene| {
        probe(scene, "your queue", || {
            let timeout = Deadlines::new().timeout_ms(Instant::now());
            must(timeout == -1, "nobody-is-due", || {
                format!(
                    "Nobody has a deadline, and timeout_ms said {timeout}; -1 was expected, which is for ever."
                )
            })
        });
    });
}

#[test]
fn who_is_due_is_told_once_the_earliest_first() {
    LESSON.grade("deadline_queue", |scene| {
        let mut keys: Vec<u64> = (0..5).collect();
        scene.random().shuffle(&mut keys);
        probe(scene, "your queue", move || {
            let now = Instant::now();
            let mut queue = Deadlines::new();
            // Key 3 is due after 30 ms, whenever it was set.
            for key in &keys {
                queue.set(*key, now + ms(10 * key));
            }
            let mut told = Vec::new();
            let at = now + ms(30);
            while let Some(key) = queue.next_due(at) {
                told.push(key);
                must(told.len() <= 10, "told-again", || {
                    format!("next_due tells the same keys again and again: {told:?}.")
                })?;
            }
            must(told == [0, 1, 2, 3], "who-is-due", || {
                format!(
                    "Keys 0 to 4 are due after 0, 10, 20, 30 and 40 ms. After 30 ms next_due said {told:?}; [0, 1, 2, 3] was expected."
                )
            })?;
            let timeout = queue.timeout_ms(at);
            must(is_about(timeout, 10), "told-again", || {
                format!(
                    "Four of five deadlines were told, the last one is 10 ms away, and timeout_ms said {timeout}."
                )
            })
        });
    });
}

#[test]
fn a_timeout_is_never_shorter_than_the_time_that_is_left() {
    LESSON.grade("deadline_queue", |scene| {
        let rest = scene.random().u64(1..999);
        probe(scene, "your queue", move || {
            let now = Instant::now();
            for (left, expected) in [
                (Duration::from_micros(rest), 1),
                (Duration::from_nanos(1), 1),
                (Duration::from_micros(7_000 + rest), 8),
                (ms(7), 7),
            ] {
                let mut queue = Deadlines::new();
                queue.set(1, now + left);
                let timeout = queue.timeout_ms(now);
                must(is_about(timeout, expected), "rounds-down", || {
                    let then = match timeout {
                        0 => " With 0 the loop does not wait at all, and turns until the time has come.",
                        _ => "",
                    };
                    format!(
                        "{left:?} are left until the deadline, and timeout_ms said {timeout}; {expected} was expected.{then}"
                    )
                })?;
            }
            Ok(())
        });
    });
}

#[test]
fn a_deadline_that_has_passed_waits_for_nothing() {
    LESSON.grade("deadline_queue", |scene| {
        probe(scene, "your queue", || {
            let now = Instant::now();
            let mut queue = Deadlines::new();
            queue.set(1, now);
            for late in [ms(0), ms(3), ms(5_000)] {
                let timeout = queue.timeout_ms(now + late);
                must(timeout == 0, "late-is-now", || {
                    format!("A deadline was {late:?} ago, and timeout_ms said {timeout}; 0 was expected.")
                })?;
            }
            Ok(())
        });
    });
}

#[test]
fn who_is_gone_is_not_due() {
    LESSON.grade("deadline_queue", |scene| {
        probe(scene, "your queue", || {
            let now = Instant::now();
            let mut queue = Deadlines::new();
            queue.set(1, now + ms(10));
            queue.set(2, now + ms(20));
            queue.cancel(1);
            queue.cancel(3); // It never had one.
            let timeout = queue.timeout_ms(now);
            must(is_about(timeout, 20), "rings-for-the-gone", || {
                format!(
                    "Key 1, due after 10 ms, was cancelled; key 2 is due after 20. timeout_ms said {timeout}."
                )
            })?;
            let told: Vec<_> = (0..3).map(|_| queue.next_due(now + ms(30))).collect();
            must(told == [Some(2), None, None], "rings-for-the-gone", || {
                format!(
                    "Key 1 was cancelled: its connection is gone. next_due said {told:?}; only key 2 was expected."
                )
            })
        });
    });
}

#[test]
fn a_new_deadline_makes_the_old_one_void() {
    LESSON.grade("deadline_queue", |scene| {
        probe(scene, "your queue", || {
            let now = Instant::now();
            let mut queue = Deadlines::new();
            // A client that says something all the time.
            for said in 0..5 {
                queue.set(1, now + ms(10 * said + 10));
            }
            let told = queue.next_due(now + ms(49));
            must(told.is_none(), "old-deadline", || {
                "Key 1 was set to 10 ms, then to 20, 30, 40 and 50, and after 49 ms next_due said that it is due.".to_string()
            })?;
            let told: Vec<_> = (0..2).map(|_| queue.next_due(now + ms(50))).collect();
            must(told == [Some(1), None], "old-deadline", || {
                format!("Key 1 has one deadline, the last that was set. After 50 ms next_due said {told:?}.")
            })?;
            // Earlier than before is possible too.
            queue.set(1, now + ms(900));
            queue.set(1, now + ms(100));
            let told: Vec<_> = (0..2).map(|_| queue.next_due(now + ms(1_000))).collect();
            must(told == [Some(1), None], "old-deadline", || {
                format!("Key 1 was set to 900 ms and then to 100. After 1000 ms next_due said {told:?}.")
            })
        });
    });
}

#[test]
fn two_may_be_due_at_the_same_moment() {
    LESSON.grade("deadline_queue", |scene| {
        probe(scene, "your queue", || {
            let now = Instant::now();
            let mut queue = Deadlines::new();
            for key in [1, 2, 3] {
                queue.set(key, now + ms(10));
            }
            queue.cancel(2);
            let mut told: Vec<_> = (0..3).map(|_| queue.next_due(now + ms(10))).collect();
            told.sort_unstable();
            must(told == [None, Some(1), Some(3)], "same-moment", || {
                format!(
                    "Keys 1, 2 and 3 were due at the same moment, and key 2 was cancelled. next_due said {told:?}."
                )
            })
        });
    });
}

#[test]
fn a_time_that_does_not_fit_is_the_longest_that_does() {
    LESSON.grade("deadline_queue", |scene| {
        let days = scene.random().u64(26..200);
        probe(scene, "your queue", move || {
            let now = Instant::now();
            let mut queue = Deadlines::new();
            queue.set(1, now + Duration::from_secs(days * 24 * 60 * 60));
            let timeout = caught(|| queue.timeout_ms(now));
            must(timeout == Ok(i32::MAX), "too-far", || {
                let said = match timeout {
                    Ok(timeout) => format!("said {timeout}"),
                    Err(panic) => format!("panicked: {panic}"),
                };
                format!(
                    "A deadline is {days} days away, and timeout_ms {said}; i32::MAX was expected."
                )
            })
        });
    });
}
