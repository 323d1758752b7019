use super::{LESSON, told};
use closing_exercises::write_after_close::{CONFIRMED, deliver};
use peer::{Answer, Host, Scene, Why};
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::sync::mpsc::{self, Sender};

/// Connects to `host`, and delivers `messages` one after the other when it is told to. Stops at the
/// first error.
fn client<'a>(
    scene: &'a Scene,
    host: &Host,
    messages: &[String],
) -> (Answer<'a, io::Result<()>>, Sender<()>) {
    let (address, messages) = (host.address(), messages.to_vec());
    let (go, told_to_go) = mpsc::channel();
    let client = scene.run("your client", move || {
        let stream = TcpStream::connect(address)?;
        for message in messages {
            // The test is over when nobody holds the other end.
            if told_to_go.recv().is_err() {
                break;
            }
            deliver(&stream, message.as_bytes())?;
        }
        Ok(())
    });
    (client, go)
}

fn message(scene: &Scene) -> String {
    let length = scene.random().usize(5..12);
    scene.random_letters(length)
}

fn sends(why: Why) -> &'static str {
    match why {
        Why::Ended => "a-write-proves-nothing",
        _ => "sends-everything",
    }
}

fn fails(
    scene: &Scene,
    client: Answer<io::Result<()>>,
    key: &'static str,
    what: &str,
) -> ErrorKind {
    match client.join(|_| key) {
        Err(error) => error.kind(),
        Ok(()) => {
            scene.check(false, key, || {
                format!("{what}, and your function returned Ok(()); an error was expected.")
            });
            ErrorKind::Other
        }
    }
}

#[test]
fn returns_when_the_server_has_confirmed_and_not_before() {
    LESSON.grade("write_after_close", |scene| {
        let host = scene.host();
        let messages = [message(scene), message(scene)];
        let (client, go) = client(scene, &host, &messages);
        let mut server = host.accept(sends);
        for (number, message) in messages.iter().enumerate() {
            let _ = go.send(()); // It fails when the client has ended; what follows will say so.
            server.expect(message.as_bytes(), |why| match why {
                Why::Blocked(_) if number > 0 => "waits-for-the-end",
                _ => sends(why),
            });
            let waits = client.settle();
            // After the last message the client's thread is over, if it did not wait.
            scene.check(waits || number == 0, "a-write-proves-nothing", || {
                "Your function returned before the server had confirmed the message.".to_string()
            });
            server.send(&[CONFIRMED]);
        }
        let result = client.join(|why| match why {
            Why::Blocked(_) => "waits-for-the-end",
            _ => "reads-past-the-end",
        });
        scene.check(result.is_ok(), "not-a-confirmation", || {
            format!(
                "The server confirmed both messages, and your function returned {}.",
                told(&result)
            )
        });
    });
}

#[test]
fn reports_that_the_server_had_closed_before() {
    LESSON.grade("write_after_close", |scene| {
        let host = scene.host();
        let (client, go) = client(scene, &host, &[message(scene)]);
        host.accept(sends).close();
        let _ = go.send(());
        let what = "The server had closed before you wrote";
        fails(scene, client, "end-is-no-confirmation", what);
    });
}

#[test]
fn reports_that_the_server_closed_without_a_word() {
    LESSON.grade("write_after_close", |scene| {
        let host = scene.host();
        let message = message(scene);
        let (client, go) = client(scene, &host, std::slice::from_ref(&message));
        let mut server = host.accept(sends);
        let _ = go.send(());
        server.expect(message.as_bytes(), sends);
        server.close();
        let what = "The server read the message and closed without a word";
        let kind = fails(scene, client, "end-is-no-confirmation", what);
        scene.check(
            kind == ErrorKind::UnexpectedEof,
            "end-is-no-confirmation",
            || {
                format!(
                    "{what}: your function returned Err({kind:?}); Err(UnexpectedEof) was expected."
                )
            },
        );
    });
}

#[test]
fn does_not_take_any_byte_for_a_confirmation() {
    LESSON.grade("write_after_close", |scene| {
        let host = scene.host();
        let message = message(scene);
        let (client, go) = client(scene, &host, std::slice::from_ref(&message));
        let mut server = host.accept(sends);
        let _ = go.send(());
        server.expect(message.as_bytes(), sends);
        let other = scene.random().lowercase();
        server.send(other.to_string().as_bytes());
        let what = format!("The server answered '{other}', which is not a confirmation");
        let kind = fails(scene, client, "not-a-confirmation", &what);
        scene.check(kind == ErrorKind::InvalidData, "not-a-confirmation", || {
            format!("{what}: your function returned Err({kind:?}); Err(InvalidData) was expected.")
        });
    });
}

#[test]
fn reports_a_reset() {
    LESSON.grade("write_after_close", |scene| {
        let host = scene.host();
        let message = message(scene);
        let (client, go) = client(scene, &host, std::slice::from_ref(&message));
        let mut server = host.accept(sends);
        let _ = go.send(());
        server.expect(message.as_bytes(), sends);
        client.settle();
        server.reset();
        let what = "The server reset the connection";
        let kind = fails(scene, client, "reset-is-an-error", what);
        scene.check(
            kind == ErrorKind::ConnectionReset,
            "reset-is-an-error",
            || {
                format!(
                    "{what}: your function returned Err({kind:?}); Err(ConnectionReset) was expected."
                )
            },
        );
    });
}
