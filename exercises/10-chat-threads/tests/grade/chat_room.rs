//! The cases, and the hints that they give, are those of [`peer::chat`]: "not-told",
//! "one-read-one-message", "one-at-a-time", "departed-remains", "never-closes", "another-order",
//! "names", "blocks-the-room", "unbounded-queue".

use super::LESSON;
use chat_threads_exercises::chat_room::serve;
use peer::{LONGEST_DEADLINE, Scene, chat};
use std::net::SocketAddr;
use std::time::Duration;

/// Plays one of the cases that every chat server of the course passes.
fn plays(deadline: Duration, case: fn(&Scene, SocketAddr)) {
    LESSON.grade_within(deadline, "chat_room", |scene| {
        let (listener, address) = scene.listener();
        scene.run("your room", move || serve(listener));
        case(scene, address);
    });
}

#[test]
fn members_hear_each_other() {
    plays(peer::DEADLINE, chat::members_hear_each_other);
}

#[test]
fn frames_are_cut_anywhere() {
    plays(LONGEST_DEADLINE, chat::takes_frames_in_any_cut);
}

#[test]
fn nobody_waits_for_those_who_say_nothing() {
    plays(peer::DEADLINE, chat::serves_while_others_are_nameless);
}

#[test]
fn however_a_member_goes_its_name_is_free() {
    plays(peer::DEADLINE, chat::names_of_the_departed_are_free);
}

#[test]
fn all_hear_the_same_order() {
    plays(peer::DEADLINE, chat::everybody_hears_the_same_order);
}

#[test]
fn who_is_refused_hears_why() {
    plays(peer::DEADLINE, chat::refuses_names);
}

#[test]
fn one_who_does_not_read_stops_nobody() {
    plays(LONGEST_DEADLINE, chat::puts_out_who_does_not_read);
}
