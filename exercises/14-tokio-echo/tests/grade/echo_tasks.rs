use super::{LESSON, for_tokio, one_thread};
use peer::{DEADLINE, LONGEST_DEADLINE, Scene, echo};
use std::net::SocketAddr;
use std::time::Duration;
use tokio_echo_exercises::echo_tasks::serve;

/// Runs the student's server on one thread and lets `case` talk with it.
fn talk(case: fn(&Scene, SocketAddr)) {
    talk_within(DEADLINE, case);
}

/// For cases that move megabytes, or wait for each byte.
fn talk_within(deadline: Duration, case: fn(&Scene, SocketAddr)) {
    LESSON.grade_within(deadline, "echo_tasks", |scene| {
        let (listener, address) = scene.listener();
        let _server = scene.run("your server", move || {
            one_thread().block_on(async { serve(for_tokio(listener)?).await })
        });
        case(scene, address);
    });
}

#[test]
fn echoes_at_once() {
    talk(echo::echoes_at_once);
}

#[test]
fn echoes_what_comes_byte_by_byte() {
    talk_within(LONGEST_DEADLINE, echo::echoes_single_bytes);
}

#[test]
fn serves_while_others_are_silent() {
    talk(echo::serves_while_others_are_silent);
}

#[test]
fn echoes_the_rest_after_the_end() {
    talk(echo::echoes_the_rest_after_the_end);
}

#[test]
fn echoes_a_large_exchange() {
    talk_within(LONGEST_DEADLINE, echo::echoes_a_large_exchange);
}

#[test]
fn waits_for_a_client_that_reads_late() {
    talk_within(LONGEST_DEADLINE, echo::waits_for_a_client_that_reads_late);
}

#[test]
fn survives_resets() {
    talk(echo::survives_resets);
}

#[test]
fn is_fair() {
    talk(echo::is_fair);
}
