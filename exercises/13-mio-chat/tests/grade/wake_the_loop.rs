use super::{LESSON, Probed, must, probe};
use mio_chat_exercises::wake_the_loop::Mailbox;
use peer::{Scene, Why};
use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

/// How long a wake waits for the loop to have looked. Who wakes it with the lock held makes it wait,
/// and that is no mistake.
const A_LOOK: Duration = Duration::from_millis(200);

/// Messages that a test bears from one call of `receive`.
const ENOUGH: usize = 100;

fn words(scene: &Scene, count: usize) -> Vec<String> {
    (0..count).map(|_| scene.random_letters(5)).collect()
}

/// What one call of `receive` takes.
fn taken<W: Fn() -> io::Result<()>>(mailbox: &Mailbox<W>) -> Vec<String> {
    let mut taken = Vec::new();
    mailbox.receive(|message| taken.push(message));
    taken
}

#[test]
fn a_message_arrives() {
    LESSON.grade("wake_the_loop", |scene| {
        let word = scene.random_letters(5);
        probe(scene, "your mailbox", move || {
            let mailbox = Mailbox::new(|| Ok(()));
            let sent = mailbox.send(word.clone());
            must(sent.is_ok(), "message-lost", || {
                format!("Nothing was wrong, and send returned {sent:?}.")
            })?;
            let taken = taken(&mailbox);
            must(taken == [word.as_str()], "message-lost", || {
                format!("{word:?} was sent, and receive took {taken:?}.")
            })
        });
    });
}

#[test]
fn each_message_wakes_the_loop() {
    LESSON.grade("wake_the_loop", |scene| {
        probe(scene, "your mailbox", || {
            let wakes = Cell::new(0);
            let mailbox = Mailbox::new(|| {
                wakes.set(wakes.get() + 1);
                Ok(())
            });
            for count in 1..=3 {
                let _ = mailbox.send("hello".to_string());
                taken(&mailbox);
                let woken = wakes.get();
                must(woken >= count, "never-wakes", || {
                    format!(
                        "Messages that were sent, one after the other: {count}. Wakes: {woken}. A loop that sleeps in poll does not see a queue."
                    )
                })?;
            }
            Ok(())
        });
    });
}

#[test]
fn the_message_is_there_when_the_loop_wakes() {
    LESSON.grade("wake_the_loop", |scene| {
        let word = scene.random_letters(5);
        probe(scene, "your mailbox", move || {
            // A loop in a thread of its own. Whoever wakes it gives it the time to look.
            let (wake, woken) = mpsc::channel::<()>();
            let (looked, has_looked) = mpsc::channel::<()>();
            let signals = Mutex::new((wake, has_looked));
            let mailbox = Arc::new(Mailbox::new(move || {
                if let Ok(signals) = signals.lock() {
                    let _ = signals.0.send(());
                    let _ = signals.1.recv_timeout(A_LOOK);
                }
                Ok(())
            }));
            let same = Arc::clone(&mailbox);
            let looks = thread::spawn(move || {
                let _ = woken.recv();
                let taken = taken(&same);
                let _ = looked.send(());
                taken
            });
            let _ = mailbox.send(word.clone());
            let taken = looks.join().unwrap_or_default();
            must(taken == [word.as_str()], "wakes-too-early", || {
                format!(
                    "The loop woke at once, looked, and found {taken:?}. Then it slept again, and {word:?} lies in the mailbox of a sleeper."
                )
            })
        });
    });
}

#[test]
fn one_event_may_stand_for_many_messages() {
    LESSON.grade("wake_the_loop", |scene| {
        let words = words(scene, 3);
        probe(scene, "your mailbox", move || {
            let mailbox = Mailbox::new(|| Ok(()));
            for word in &words {
                let _ = mailbox.send(word.clone());
            }
            let taken = taken(&mailbox);
            let all = taken.len() == words.len();
            must(all, "one-for-each-event", || {
                format!(
                    "Three messages were sent before the loop looked: that is one event. receive took {} of them, and no event will tell of the rest.",
                    taken.len()
                )
            })?;
            must(taken == words, "another-order", || {
                format!("{words:?} were sent, and receive took {taken:?}.")
            })
        });
    });
}

#[test]
fn who_takes_a_message_may_send_one() {
    LESSON.grade("wake_the_loop", |scene| {
        let answer = scene.run("your mailbox", || {
            let mailbox = Mailbox::new(|| Ok(()));
            let _ = mailbox.send("ping".to_string());
            let mut takes = 0;
            mailbox.receive(|_| {
                takes += 1;
                // Each message is answered with another one, up to a limit of the test.
                if takes < ENOUGH {
                    let _ = mailbox.send("ping".to_string());
                }
            });
            let first = must(takes == 1, "takes-without-end", || {
                format!(
                    "One message waited. Each that was taken caused another one, and receive took {takes} in one call: the other clients of the loop wait all the time."
                )
            });
            let left = taken(&mailbox).len();
            Probed(first.and_then(|()| {
                must(left == 1, "message-lost", || {
                    format!(
                        "A message was sent while receive was at work. The next call took {left} messages; 1 was expected."
                    )
                })
            }))
        });
        let Probed(outcome) = answer.join(|why| match why {
            Why::Blocked(_) => "lock-held",
            _ => "takes-without-end",
        });
        if let Err((key, sentence)) = outcome {
            scene.check(false, key, || sentence);
        }
    });
}

#[test]
fn a_wake_that_fails_is_reported() {
    LESSON.grade("wake_the_loop", |scene| {
        probe(scene, "your mailbox", || {
            let mailbox = Mailbox::new(|| Err(ErrorKind::BrokenPipe.into()));
            let sent = mailbox.send("hello".to_string());
            let good = matches!(&sent, Err(error) if error.kind() == ErrorKind::BrokenPipe);
            must(good, "wake-fails", || {
                format!("The loop could not be woken, and send returned {sent:?}; the error was expected.")
            })
        });
    });
}
