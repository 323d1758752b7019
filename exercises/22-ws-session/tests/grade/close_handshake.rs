use super::{LESSON, probe};
use peer::Scene;
use std::fmt::Debug;
use std::time::{Duration, Instant};
use ws_session_exercises::close_handshake::{Do, Goodbye, LOST, NO_CODE, PATIENCE, Role};

/// What happens to the connection.
#[derive(Clone, Copy, Debug)]
enum Step {
    Message,
    Listening,
    Close(u16),
    CloseCame(Option<u16>),
    EndCame,
    Deadline,
    Late,
    Ended,
}

/// A step, at so many milliseconds; what it should give; and the hint if it does not.
type Line = (u64, Step, String, &'static str);

/// The message of the program.
const TEXT: &str = "hello";

fn line(at: u64, step: Step, expected: impl Debug, key: &'static str) -> Line {
    (at, step, format!("{expected:?}"), key)
}

/// A step that should give nothing.
fn nothing(at: u64, step: Step, key: &'static str) -> Line {
    let expected = match step {
        Step::CloseCame(_) => "[]",
        _ => "None",
    };
    (at, step, expected.to_string(), key)
}

fn sends_close(code: Option<u16>) -> Option<Do> {
    Some(Do::SendClose(code))
}

/// What `step` gives. A deadline is told in milliseconds since the beginning.
fn take(goodbye: &mut Goodbye, step: Step, start: Instant, now: Instant) -> String {
    match step {
        Step::Message => format!("{:?}", goodbye.message(TEXT)),
        Step::Listening => format!("{:?}", goodbye.is_listening()),
        Step::Close(code) => format!("{:?}", goodbye.close(code, now)),
        Step::CloseCame(code) => format!("{:?}", goodbye.close_came(code, now)),
        Step::EndCame => format!("{:?}", goodbye.end_came()),
        Step::Deadline => {
            let deadline = goodbye.deadline();
            let since = deadline.map(|at| at.saturating_duration_since(start).as_millis());
            format!("{since:?}")
        }
        Step::Late => format!("{:?}", goodbye.late(now)),
        Step::Ended => format!("{:?}", goodbye.ended()),
    }
}

fn called(step: Step) -> String {
    match step {
        Step::Message => format!("message({TEXT:?})"),
        Step::Listening => "is_listening()".to_string(),
        Step::Close(code) => format!("close({code})"),
        Step::CloseCame(code) => format!("close_came({code:?})"),
        Step::EndCame => "end_came()".to_string(),
        Step::Deadline => "deadline()".to_string(),
        Step::Late => "late()".to_string(),
        Step::Ended => "ended()".to_string(),
    }
}

/// The same but for closing the connection: who does that is a question of its own.
fn without_socket(answer: &str) -> String {
    answer
        .replace(", CloseSocket", "")
        .replace("CloseSocket", "")
}

/// Plays the lines, and ends the test at the first answer that is not the expected one.
fn play(scene: &Scene, role: Role, lines: Vec<Line>) {
    let steps: Vec<(u64, Step)> = lines.iter().map(|(at, step, ..)| (*at, *step)).collect();
    let answers = probe(scene, "your side", move || {
        let start = Instant::now();
        let mut goodbye = Goodbye::new(role);
        let mut answers = Vec::new();
        for (at, step) in steps {
            let now = start + Duration::from_millis(at);
            answers.push(take(&mut goodbye, step, start, now));
        }
        answers
    });
    scene.note(format!("Goodbye::new({role:?})"));
    for ((at, step, expected, key), got) in lines.into_iter().zip(answers) {
        scene.note(format!("{at:6} ms  {} = {got}", called(step)));
        let key = match step {
            Step::CloseCame(_) if without_socket(&got) == without_socket(&expected) => {
                "the-server-closes-first"
            }
            _ => key,
        };
        scene.check(got == expected, key, || {
            format!(
                "At {at} ms {} of a {role:?} gave {got}; {expected} was expected.",
                called(step)
            )
        });
    }
}

const BOTH: [Role; 2] = [Role::Server, Role::Client];

/// A code that nobody can guess.
fn any_code(scene: &Scene) -> u16 {
    scene.random().u16(3000..5000)
}

fn patience() -> u64 {
    PATIENCE.as_millis() as u64
}

#[test]
fn sends_messages_and_then_a_close_frame() {
    LESSON.grade("close_handshake", |scene| {
        let code = any_code(scene);
        for role in BOTH {
            let lines = vec![
                line(0, Step::Listening, true, "still-listens"),
                line(
                    1,
                    Step::Message,
                    Some(Do::Send(TEXT.to_string())),
                    "says-it",
                ),
                line(2, Step::Ended, None::<u16>, "told-how-it-ended"),
                line(3, Step::Close(code), sends_close(Some(code)), "says-it"),
                line(4, Step::Ended, None::<u16>, "told-how-it-ended"),
            ];
            play(scene, role, lines);
        }
    });
}

#[test]
fn answers_a_close_frame_with_the_same_code() {
    LESSON.grade("close_handshake", |scene| {
        let code = any_code(scene);
        let answer = Do::SendClose(Some(code));
        play(
            scene,
            Role::Client,
            vec![line(
                1,
                Step::CloseCame(Some(code)),
                vec![answer.clone()],
                "answers-close",
            )],
        );
        play(
            scene,
            Role::Server,
            vec![line(
                1,
                Step::CloseCame(Some(code)),
                vec![answer, Do::CloseSocket],
                "answers-close",
            )],
        );
    });
}

#[test]
fn answers_no_code_with_no_code() {
    LESSON.grade("close_handshake", |scene| {
        let came = Step::CloseCame(None);
        let answer = Do::SendClose(None);
        let lines = vec![line(1, came, vec![answer.clone()], "never-on-the-wire")];
        play(scene, Role::Client, lines);
        let lines = vec![
            line(1, came, vec![answer, Do::CloseSocket], "never-on-the-wire"),
            line(2, Step::Ended, Some(NO_CODE), "told-how-it-ended"),
        ];
        play(scene, Role::Server, lines);
    });
}

#[test]
fn sends_nothing_behind_a_close_frame() {
    LESSON.grade("close_handshake", |scene| {
        let code = any_code(scene);
        for role in BOTH {
            let after = "nothing-after-close";
            let lines = vec![
                line(1, Step::Close(code), sends_close(Some(code)), "says-it"),
                nothing(2, Step::Message, after),
                nothing(3, Step::Close(code), after),
            ];
            play(scene, role, lines);
        }
        let lines = vec![
            line(
                1,
                Step::CloseCame(Some(code)),
                vec![Do::SendClose(Some(code))],
                "answers-close",
            ),
            nothing(2, Step::Message, "nothing-after-close"),
            nothing(3, Step::Close(code), "nothing-after-close"),
        ];
        play(scene, Role::Client, lines);
    });
}

#[test]
fn listens_until_the_close_frame_comes() {
    LESSON.grade("close_handshake", |scene| {
        let code = any_code(scene);
        for role in BOTH {
            let done = match role {
                Role::Server => vec![Do::CloseSocket],
                Role::Client => vec![],
            };
            let lines = vec![
                line(1, Step::Close(code), sends_close(Some(code)), "says-it"),
                line(2, Step::Listening, true, "still-listens"),
                line(3, Step::CloseCame(Some(code)), done, "one-close-each"),
                line(4, Step::Listening, false, "still-listens"),
            ];
            play(scene, role, lines);
        }
    });
}

#[test]
fn answers_no_second_time_when_both_close_at_once() {
    LESSON.grade("close_handshake", |scene| {
        let (ours, theirs) = (any_code(scene), any_code(scene));
        let lines = vec![
            line(1, Step::Close(ours), sends_close(Some(ours)), "says-it"),
            line(
                2,
                Step::CloseCame(Some(theirs)),
                vec![Do::CloseSocket],
                "one-close-each",
            ),
            line(3, Step::Ended, Some(theirs), "told-how-it-ended"),
            nothing(4, Step::CloseCame(Some(ours)), "one-close-each"),
            nothing(5, Step::EndCame, "closes-once"),
            nothing(6, Step::Late, "closes-once"),
        ];
        play(scene, Role::Server, lines);
        let lines = vec![
            line(1, Step::Close(ours), sends_close(Some(ours)), "says-it"),
            nothing(2, Step::CloseCame(Some(theirs)), "one-close-each"),
            nothing(3, Step::CloseCame(Some(ours)), "one-close-each"),
        ];
        play(scene, Role::Client, lines);
    });
}

#[test]
fn the_server_closes_the_connection_first() {
    LESSON.grade("close_handshake", |scene| {
        let code = any_code(scene);
        let first = "the-server-closes-first";
        let lines = vec![
            line(1, Step::Close(code), sends_close(Some(code)), "says-it"),
            nothing(2, Step::CloseCame(Some(code)), first),
            line(3, Step::Ended, None::<u16>, first),
            line(4, Step::EndCame, Some(Do::CloseSocket), first),
            line(5, Step::Ended, Some(code), "told-how-it-ended"),
            nothing(6, Step::EndCame, "closes-once"),
        ];
        play(scene, Role::Client, lines);
        let lines = vec![
            line(1, Step::Close(code), sends_close(Some(code)), "says-it"),
            line(2, Step::CloseCame(Some(code)), vec![Do::CloseSocket], first),
        ];
        play(scene, Role::Server, lines);
    });
}

#[test]
fn waits_for_the_peer_but_not_for_ever() {
    LESSON.grade("close_handshake", |scene| {
        let code = any_code(scene);
        let began = scene.random().u64(1..1000);
        let over = began + patience();
        for role in BOTH {
            let lines = vec![
                nothing(0, Step::Deadline, "not-for-ever"),
                nothing(0, Step::Late, "not-too-early"),
                line(began, Step::Close(code), sends_close(Some(code)), "says-it"),
                line(began + 1, Step::Deadline, Some(over), "not-for-ever"),
                nothing(over - 1, Step::Late, "not-too-early"),
                line(over, Step::Late, Some(Do::CloseSocket), "not-for-ever"),
                line(over, Step::Ended, Some(LOST), "told-how-it-ended"),
                nothing(over + 1, Step::Late, "closes-once"),
                nothing(over + 1, Step::Deadline, "closes-once"),
            ];
            play(scene, role, lines);
        }
    });
}

#[test]
fn nothing_that_comes_moves_the_deadline() {
    LESSON.grade("close_handshake", |scene| {
        let code = any_code(scene);
        let began = scene.random().u64(1..1000);
        let over = began + patience();
        let key = "the-deadline-stays";
        let lines = vec![
            line(began, Step::Close(code), sends_close(Some(code)), "says-it"),
            nothing(began + 500, Step::Close(code), "nothing-after-close"),
            line(began + 501, Step::Deadline, Some(over), key),
            nothing(began + 900, Step::CloseCame(Some(code)), key),
            line(began + 901, Step::Deadline, Some(over), key),
            line(over, Step::Late, Some(Do::CloseSocket), key),
            line(over, Step::Ended, Some(code), "told-how-it-ended"),
        ];
        play(scene, Role::Client, lines);
        // A client that was told goodbye has its answer's time too.
        let lines = vec![
            line(
                began,
                Step::CloseCame(Some(code)),
                vec![Do::SendClose(Some(code))],
                "answers-close",
            ),
            line(began, Step::Deadline, Some(over), "not-for-ever"),
            line(over, Step::Late, Some(Do::CloseSocket), "not-for-ever"),
        ];
        play(scene, Role::Client, lines);
    });
}

#[test]
fn an_end_without_a_close_frame_is_a_loss() {
    LESSON.grade("close_handshake", |scene| {
        let code = any_code(scene);
        for role in BOTH {
            let lines = vec![
                line(1, Step::EndCame, Some(Do::CloseSocket), "closes-once"),
                line(2, Step::Ended, Some(LOST), "told-how-it-ended"),
                nothing(3, Step::Message, "nothing-after-close"),
                line(4, Step::Listening, false, "still-listens"),
                nothing(5, Step::Close(code), "nothing-after-close"),
            ];
            play(scene, role, lines);
            // Our own code tells the program nothing about the peer.
            let lines = vec![
                line(1, Step::Close(code), sends_close(Some(code)), "says-it"),
                line(2, Step::EndCame, Some(Do::CloseSocket), "closes-once"),
                line(3, Step::Ended, Some(LOST), "told-how-it-ended"),
            ];
            play(scene, role, lines);
        }
    });
}
