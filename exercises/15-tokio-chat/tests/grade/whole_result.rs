use super::{LESSON, Shown, play, settle};
use peer::{Scene, caught};
use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::task::Poll;
use tokio::sync::{broadcast, mpsc};
use tokio_chat_exercises::whole_result::{Told, take_part};

/// Texts that the room keeps for those who are slow.
const KEPT: usize = 4;

/// What happens to the conversation.
#[derive(Clone, Debug)]
enum Happens {
    /// The client says something.
    Line(String),
    /// The client's connection fails.
    Fails,
    /// The client leaves.
    Leaves,
    /// The room says these, one right behind the other.
    Room(Vec<String>),
    /// The room closes.
    Closes,
}

/// What the student's function did, and how it ended; `None` when it waits.
type Outcome = (Vec<String>, Option<String>);

/// Lets all of it happen, and the student's function work after each.
fn after(scene: &Scene, happens: &[Happens]) -> Outcome {
    for one in happens {
        scene.note(match one {
            Happens::Line(text) => format!("the client says {text:?}"),
            Happens::Fails => "the client's connection is reset".to_string(),
            Happens::Leaves => "the client leaves".to_string(),
            Happens::Room(texts) => format!("the room says {texts:?}"),
            Happens::Closes => "the room closes".to_string(),
        });
    }
    let happens = happens.to_vec();
    let Shown(outcome) = play(scene, "your function", "spins", move || async move {
        let (line, mut client) = mpsc::channel(KEPT);
        let (text, mut room) = broadcast::channel(KEPT);
        let (mut line, mut text) = (Some(line), Some(text));
        let done = RefCell::new(Vec::new());
        let mut ended = None;
        {
            let say = |said: String| done.borrow_mut().push(format!("say({said:?})"));
            let tell = |told: Told| done.borrow_mut().push(format!("tell({told:?})"));
            let mut part = pin!(take_part(&mut client, &mut room, say, tell));
            for one in happens {
                match one {
                    Happens::Line(said) => send(&line, Ok(said)).await,
                    Happens::Fails => send(&line, Err(ErrorKind::ConnectionReset.into())).await,
                    Happens::Leaves => line = None,
                    Happens::Room(texts) => {
                        for said in texts {
                            let _ = text.as_ref().map(|text| text.send(said));
                        }
                    }
                    Happens::Closes => text = None,
                }
                for _ in 0..3 {
                    settle().await;
                    if ended.is_none() {
                        ended = std::future::poll_fn(|context| {
                            let polled = caught(|| part.as_mut().poll(context));
                            Poll::Ready(match polled {
                                Ok(Poll::Ready(Ok(ended))) => Some(format!("Ok({ended:?})")),
                                Ok(Poll::Ready(Err(error))) => {
                                    Some(format!("Err({:?})", error.kind()))
                                }
                                Ok(Poll::Pending) => None,
                                Err(panic) => Some(format!("a panic: {panic}")),
                            })
                        })
                        .await;
                    }
                }
            }
        }
        Shown((done.into_inner(), ended))
    });
    outcome
}

async fn send(line: &Option<mpsc::Sender<io::Result<String>>>, item: io::Result<String>) {
    if let Some(line) = line {
        let _ = line.send(item).await;
    }
}

/// Checks what was done, and how it ended.
fn expects(scene: &Scene, outcome: &Outcome, done: &[String], ended: Option<&str>, key: &str) {
    let (did, how) = outcome;
    scene.check(did == done, key, || {
        format!(
            "Your function called {}; {} was expected.",
            calls(did),
            calls(done)
        )
    });
    let shown = |ended: Option<&str>| match ended {
        Some(ended) => format!("returned {ended}"),
        None => "did not return".to_string(),
    };
    scene.check(how.as_deref() == ended, key, || {
        format!(
            "Your function {}; it should have {}.",
            shown(how.as_deref()),
            match ended {
                Some(ended) => format!("returned {ended}"),
                None => "gone on".to_string(),
            }
        )
    });
}

fn calls(calls: &[String]) -> String {
    match calls {
        [] => "nothing".to_string(),
        calls => calls.join(", "),
    }
}

fn say(text: &str) -> String {
    format!("say({text:?})")
}

fn tell(text: &str) -> String {
    format!("tell(Said({text:?}))")
}

#[test]
fn passes_on_what_both_say() {
    LESSON.grade("whole_result", |scene| {
        let words: Vec<_> = (0..4).map(|_| scene.random_letters(5)).collect();
        let outcome = after(
            scene,
            &[
                Happens::Line(words[0].clone()),
                Happens::Room(vec![words[1].clone()]),
                Happens::Room(vec![words[2].clone()]),
                Happens::Line(words[3].clone()),
            ],
        );
        let done = [
            say(&words[0]),
            tell(&words[1]),
            tell(&words[2]),
            say(&words[3]),
        ];
        expects(scene, &outcome, &done, None, "both-directions");
    });
}

#[test]
fn ends_when_the_client_has_left() {
    LESSON.grade("whole_result", |scene| {
        let word = scene.random_letters(5);
        let outcome = after(scene, &[Happens::Line(word.clone()), Happens::Leaves]);
        let done = [say(&word)];
        expects(
            scene,
            &outcome,
            &done,
            Some("Ok(ClientLeft)"),
            "end-of-stream",
        );
    });
}

#[test]
fn tells_how_much_was_missed_and_goes_on() {
    LESSON.grade("whole_result", |scene| {
        let words: Vec<_> = (0..KEPT + 3).map(|_| scene.random_letters(3)).collect();
        let outcome = after(
            scene,
            &[
                Happens::Room(words[..KEPT + 2].to_vec()),
                Happens::Room(words[KEPT + 2..].to_vec()),
            ],
        );
        let mut done = vec!["tell(Missed(2))".to_string()];
        done.extend(words[2..].iter().map(|word| tell(word)));
        expects(scene, &outcome, &done, None, "lagged");
    });
}

#[test]
fn ends_when_the_room_closes() {
    LESSON.grade("whole_result", |scene| {
        let word = scene.random_letters(5);
        let outcome = after(scene, &[Happens::Room(vec![word.clone()]), Happens::Closes]);
        let done = [tell(&word)];
        expects(
            scene,
            &outcome,
            &done,
            Some("Ok(RoomClosed)"),
            "room-closed",
        );
    });
}

#[test]
fn reports_the_error_of_the_client() {
    LESSON.grade("whole_result", |scene| {
        let word = scene.random_letters(5);
        let outcome = after(scene, &[Happens::Line(word.clone()), Happens::Fails]);
        let done = [say(&word)];
        expects(
            scene,
            &outcome,
            &done,
            Some("Err(ConnectionReset)"),
            "client-error",
        );
    });
}
