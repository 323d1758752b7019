use super::LESSON;
use peer::Scene;
use std::net::SocketAddr;
use threads_exercises::one_client_idles::serve;

/// Runs the student's server, which goes on until the test is over, and lets `case` talk with it.
fn graded(case: fn(&Scene, SocketAddr)) {
    LESSON.grade("one_client_idles", |scene| {
        let (listener, address) = scene.listener();
        let _server = scene.run("your server", move || serve(listener));
        case(scene, address);
    });
}

#[test]
fn echoes_for_one_client() {
    graded(peer::echo::echoes_at_once);
}

#[test]
fn echoes_for_the_next_client_and_the_next() {
    graded(|scene, address| {
        let key = "there-is-always-a-next-client";
        let clients = scene.random().usize(5..9);
        for number in 1..=clients {
            let mut client = scene.connect_or(&format!("client {number}"), address, key);
            let words = scene.random_letters(8);
            client.send(words.as_bytes());
            client.half_close();
            client.expect(words.as_bytes(), |_| key);
            client.expect_end(|_| "never-closes");
        }
    });
}

#[test]
fn serves_while_others_are_silent() {
    graded(peer::echo::serves_while_others_are_silent);
}

#[test]
fn serves_many_at_the_same_time() {
    graded(peer::echo::serves_many);
}

#[test]
fn serves_those_who_come_after_a_client_that_is_gone() {
    LESSON.grade("one_client_idles", |scene| {
        let (listener, address) = scene.listener();
        // It was reset before your server has accepted it.
        scene.connect("stranger", address).reset();
        let _server = scene.run("your server", move || serve(listener));
        let mut client = scene.connect_or("client", address, "dies-with-one-client");
        let words = scene.random_letters(8);
        client.send(words.as_bytes());
        client.expect(words.as_bytes(), |_| "dies-with-one-client");
    });
}

#[test]
fn survives_clients_that_reset_at_every_step() {
    graded(peer::echo::survives_resets);
}
