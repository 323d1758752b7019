//! A pulse, with a clock that the test has.

use std::time::{Duration, Instant};

use ws_session::{Pulse, Session, Times};

const TIMES: Times = Times {
    quiet: Duration::from_secs(30),
    pong: Duration::from_secs(10),
    close: Duration::from_secs(5),
};

const PING: [u8; 2] = [0x89, 0];

/// Seconds since it began.
struct Clock(Instant);

impl Clock {
    fn at(&self, seconds: u64) -> Instant {
        self.0 + Duration::from_secs(seconds)
    }
}

fn begin() -> (Clock, Session, Vec<u8>) {
    let clock = Clock(Instant::now());
    (clock, Session::server(1000, None), Vec::new())
}

#[test]
fn a_silent_peer_is_asked_and_given_up() {
    let (clock, mut session, mut out) = begin();
    let mut pulse = Pulse::new(clock.at(0));
    assert_eq!(pulse.deadline(&TIMES), clock.at(30));
    assert!(pulse.late(clock.at(30), &mut session, &mut out));
    assert_eq!(out, PING);
    assert_eq!(pulse.deadline(&TIMES), clock.at(40));
    assert!(!pulse.late(clock.at(40), &mut session, &mut out));
    assert_eq!(out, PING); // It was asked once.
    assert!(session.is_open());
}

/// It need not be a pong.
#[test]
fn any_byte_is_a_sign_of_life() {
    let (clock, mut session, mut out) = begin();
    let mut pulse = Pulse::new(clock.at(0));
    pulse.heard(clock.at(20));
    assert_eq!(pulse.deadline(&TIMES), clock.at(50));
    for round in 1..=3 {
        let asked = 10 + 40 * round;
        assert!(pulse.late(clock.at(asked), &mut session, &mut out));
        assert_eq!(out.len(), 2 * round as usize);
        assert_eq!(pulse.deadline(&TIMES), clock.at(asked + 10));
        pulse.heard(clock.at(asked + 10));
        assert_eq!(pulse.deadline(&TIMES), clock.at(asked + 40));
    }
}

/// Who talks on and on instead of saying goodbye has no more time than others.
#[test]
fn nothing_prolongs_the_end() {
    let (clock, mut session, mut out) = begin();
    let mut pulse = Pulse::new(clock.at(0));
    session.close(1000, "", &mut Vec::new());
    pulse.closing(clock.at(7));
    assert_eq!(pulse.deadline(&TIMES), clock.at(12));
    pulse.heard(clock.at(8));
    pulse.closing(clock.at(9));
    assert_eq!(pulse.deadline(&TIMES), clock.at(12));
    assert!(!pulse.late(clock.at(12), &mut session, &mut out));
    assert_eq!(out, b"");
}

/// A session that says nothing any more cannot ask either.
#[test]
fn who_has_said_goodbye_does_not_ask() {
    let (clock, mut session, mut out) = begin();
    let mut pulse = Pulse::new(clock.at(0));
    session.close(1000, "", &mut Vec::new());
    assert!(!pulse.late(clock.at(30), &mut session, &mut out));
    assert_eq!(out, b"");
}

#[test]
fn a_handshake_has_the_time_of_a_pong() {
    let (clock, mut session, mut out) = begin();
    let mut pulse = Pulse::opening(clock.at(0));
    assert_eq!(pulse.deadline(&TIMES), clock.at(10));
    assert!(!pulse.late(clock.at(10), &mut session, &mut out));
    assert_eq!(out, b"");
}
