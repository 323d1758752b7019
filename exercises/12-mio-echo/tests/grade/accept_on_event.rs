use super::{LESSON, PATIENCE, told, wait};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use mio_echo_exercises::accept_on_event::{Backlog, accept_on_event};
use peer::{Line, Scene, Why};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};

/// EMFILE of Linux and of the BSDs.
const TOO_MANY_OPEN_FILES: i32 = 24;

fn never_ends(why: Why) -> &'static str {
    match why {
        Why::Spinning => "would-block-is-an-answer",
        _ => "never-returns",
    }
}

/// What the student's function did.
#[derive(Debug)]
struct Accepted {
    /// Clients by number, in the order in which they are in `clients`.
    clients: Vec<usize>,
    /// Calls of `accept` that it did not make.
    left: usize,
    result: io::Result<Backlog>,
}

/// Calls the student's function with an `accept` that does what `script` says, and then would block.
/// Clients are numbers, from 1 on.
fn play(scene: &Scene, script: &[Result<(), ErrorKind>], room: usize) -> Accepted {
    play_errors(scene, script, room, |kind| kind.into())
}

fn play_errors(
    scene: &Scene,
    script: &[Result<(), ErrorKind>],
    room: usize,
    error: impl Fn(ErrorKind) -> io::Error + Send + 'static,
) -> Accepted {
    for step in script {
        scene.note(match step {
            Ok(()) => "accept() will return a client".to_string(),
            Err(kind) => format!("accept() will return Err({kind:?})"),
        });
    }
    scene.note(format!("there is room for {room}"));
    let mut script: VecDeque<_> = script.iter().copied().collect();
    let code = move || {
        let (mut clients, mut number) = (Vec::new(), 0);
        let accept = || match script.pop_front() {
            Some(Ok(())) => {
                number += 1;
                Ok(number)
            }
            Some(Err(kind)) => Err(error(kind)),
            None => Err(ErrorKind::WouldBlock.into()),
        };
        let result = accept_on_event(accept, room, &mut clients);
        Accepted {
            clients,
            left: script.len(),
            result,
        }
    };
    scene.run("your function", code).join(never_ends)
}

fn returned(scene: &Scene, accepted: &Accepted, expected: Backlog, key: &str, because: &str) {
    let good = matches!(&accepted.result, Ok(backlog) if *backlog == expected);
    scene.check(good, key, || {
        format!(
            "{because}, and your function returned {}; Ok({expected:?}) was expected.",
            told(&accepted.result)
        )
    });
}

#[test]
fn accepts_everybody_whom_one_event_stands_for() {
    LESSON.grade("accept_on_event", |scene| {
        let (listener, address) = scene.listener();
        let waiting = scene.random().usize(3..8);
        let names: Vec<String> = (1..=waiting).map(|n| format!("client {n}")).collect();
        let _clients: Vec<Line> = names.iter().map(|n| scene.connect(n, address)).collect();
        let code = move || {
            listener.set_nonblocking(true)?;
            let mut listener = TcpListener::from_std(listener);
            let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(8));
            poll.registry()
                .register(&mut listener, Token(0), Interest::READABLE)?;
            wait(&mut poll, &mut events, PATIENCE)?;
            let mut clients: Vec<TcpStream> = Vec::new();
            let accept = || listener.accept().map(|(stream, _)| stream);
            let result = accept_on_event(accept, 100, &mut clients);
            Ok::<_, io::Error>((clients.len(), result))
        };
        let answer = scene.run("your function", code).join(never_ends);
        let (accepted, result) = peer::of_the_machine("wait for events", answer);
        scene.check(accepted == waiting, "accepts-once", || {
            format!("{waiting} clients waited, one event told of them, and your function accepted {accepted}. No event will tell of the others.")
        });
        let good = matches!(result, Ok(Backlog::Empty));
        scene.check(good, "would-block-is-an-answer", || {
            format!(
                "accept() said WouldBlock: nobody waits any more. Your function returned {}; Ok(Empty) was expected.",
                told(&result)
            )
        });
    });
}

#[test]
fn finds_nobody_when_nobody_waits() {
    LESSON.grade("accept_on_event", |scene| {
        let accepted = play(scene, &[], 5);
        let key = "would-block-is-an-answer";
        returned(scene, &accepted, Backlog::Empty, key, "Nobody waited");
    });
}

#[test]
fn takes_no_more_than_there_is_room_for() {
    LESSON.grade("accept_on_event", |scene| {
        let room = scene.random().usize(2..5);
        let accepted = play(scene, &[Ok(()); 6], room);
        scene.check(accepted.left == 6 - room, "no-more-than-room", || {
            format!(
                "There was room for {room} clients, and your function took {} from the backlog.",
                6 - accepted.left
            )
        });
        let because = "There was no more room, so nobody knows whether another client waits";
        let key = "remember-the-rest";
        returned(scene, &accepted, Backlog::MayHoldMore, key, because);
    });
}

#[test]
fn accepts_nobody_when_there_is_no_room() {
    LESSON.grade("accept_on_event", |scene| {
        let accepted = play(scene, &[Ok(()); 2], 0);
        scene.check(accepted.left == 2, "no-more-than-room", || {
            "There was no room at all, and your function accepted a client.".to_string()
        });
        let key = "remember-the-rest";
        let because = "There was no room, so nobody knows whether a client waits";
        returned(scene, &accepted, Backlog::MayHoldMore, key, because);
    });
}

#[test]
fn goes_on_after_a_signal() {
    LESSON.grade("accept_on_event", |scene| {
        let accepted = play(scene, &[Ok(()), Err(ErrorKind::Interrupted), Ok(())], 5);
        let because = "A signal interrupted accept(), and a client waited behind it";
        returned(scene, &accepted, Backlog::Empty, "interrupted", because);
        scene.check(accepted.clients.len() == 2, "interrupted", || {
            format!(
                "{because}. Your function accepted {} of 2 clients.",
                accepted.clients.len()
            )
        });
    });
}

#[test]
fn goes_on_after_a_client_that_hung_up() {
    LESSON.grade("accept_on_event", |scene| {
        let hung_up = Err(ErrorKind::ConnectionAborted);
        let accepted = play(scene, &[hung_up, Ok(()), hung_up, Ok(())], 2);
        let because = "A client hung up while it waited, and others waited behind it";
        let key = "one-clients-failure";
        scene.check(accepted.clients.len() == 2, key, || {
            format!(
                "{because}. Your function accepted {} of 2 clients and returned {}.",
                accepted.clients.len(),
                told(&accepted.result)
            )
        });
    });
}

#[test]
fn reports_a_failure_and_keeps_who_was_accepted() {
    LESSON.grade("accept_on_event", |scene| {
        let script = [Ok(()), Ok(()), Err(ErrorKind::Other)];
        let accepted = play_errors(scene, &script, 5, |_| {
            io::Error::from_raw_os_error(TOO_MANY_OPEN_FILES)
        });
        let good = matches!(&accepted.result, Err(error) if error.raw_os_error() == Some(TOO_MANY_OPEN_FILES));
        scene.check(good, "failure-is-told", || {
            format!("accept() failed with error {TOO_MANY_OPEN_FILES}, too many open files, and your function returned {}; that error was expected.", told(&accepted.result))
        });
        scene.check(accepted.clients == [1, 2], "keeps-the-accepted", || {
            format!("Two clients were accepted before accept() failed, and {} of them are in `clients`.", accepted.clients.len())
        });
    });
}
