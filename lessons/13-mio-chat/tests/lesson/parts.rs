//! The parts of the loop, without sockets and without a clock.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chat_threads::{MAX_QUEUE, QueueFull};
use mio_chat::{Outbox, Slots, Throttle, Timers};

#[test]
fn a_token_is_never_used_again() {
    let mut slots = Slots::new();
    let ana = slots.insert("ana");
    let bob = slots.insert("bob");
    assert_eq!(slots.remove(ana), Some("ana"));
    let carl = slots.insert("carl");
    assert_eq!(slots.get_mut(carl), Some(&mut "carl"));
    assert_eq!(slots.get_mut(bob), Some(&mut "bob"));
    // Ana's place is Carl's now, and Ana's token is nobody's.
    assert_eq!(slots.get_mut(ana), None);
    assert_eq!(slots.remove(ana), None);
    assert_eq!(slots.get_mut(carl), Some(&mut "carl"));
    assert_eq!(slots.len(), 2);
    let mut tokens = slots.tokens();
    tokens.sort_unstable();
    let mut expected = vec![bob, carl];
    expected.sort_unstable();
    assert_eq!(tokens, expected);
    assert_eq!(slots.get_mut(usize::MAX), None);
}

#[test]
fn many_guests_share_few_places() {
    let mut slots = Slots::new();
    let mut old = Vec::new();
    for guest in 0..10_000 {
        let token = slots.insert(guest);
        assert!(!old.contains(&token));
        if guest % 1000 == 0 {
            old.push(token);
        }
        assert_eq!(slots.remove(token), Some(guest));
    }
    assert!(slots.is_empty());
    assert!(old.iter().all(|token| slots.get_mut(*token).is_none()));
    // All had the same place.
    let place = |token: &usize| token & u32::MAX as usize;
    assert!(old.iter().all(|token| place(token) == place(&old[0])));
}

#[test]
fn timers_ring_once_and_in_order() {
    let start = Instant::now();
    let at = |second| start + Duration::from_secs(second);
    let mut timers = Timers::new();
    assert_eq!(timers.wait(start), None);
    timers.set("late", at(30));
    timers.set("early", at(10));
    timers.set("also early", at(10));
    timers.set("never", at(5));
    timers.cancel("never");
    assert_eq!(timers.wait(start), Some(Duration::from_secs(10)));
    assert_eq!(timers.expired(at(9)), None);
    assert_eq!(timers.expired(at(10)), Some("also early"));
    assert_eq!(timers.expired(at(10)), Some("early"));
    assert_eq!(timers.expired(at(10)), None);
    // Set again, it rings at the new time only.
    timers.set("late", at(60));
    assert!(timers.contains("late"));
    assert_eq!(timers.expired(at(59)), None);
    assert_eq!(timers.wait(at(70)), Some(Duration::ZERO));
    assert_eq!(timers.expired(at(70)), Some("late"));
    assert!(!timers.contains("late"));
    assert_eq!(timers.wait(at(70)), None);
    timers.cancel("late");
}

/// A socket that takes so many bytes of each write, then no more for once.
struct Narrow {
    takes: Vec<usize>,
    written: Vec<u8>,
}

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.takes.pop() {
            Some(0) | None => Err(ErrorKind::WouldBlock.into()),
            Some(usize::MAX) => Err(ErrorKind::Interrupted.into()),
            Some(count) => {
                let count = count.min(bytes.len());
                self.written.extend_from_slice(&bytes[..count]);
                Ok(count)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_outbox_keeps_what_a_socket_does_not_take() {
    let mut outbox = Outbox::default();
    let frames: [Arc<[u8]>; 3] = [(*b"one").into(), (*b"three").into(), (*b"x").into()];
    for frame in &frames {
        outbox.push(frame).unwrap();
    }
    assert_eq!(outbox.waiting(), 9);
    let mut socket = Narrow {
        takes: vec![0, 1, 3, 0, usize::MAX, 2, 2],
        written: Vec::new(),
    };
    assert!(!outbox.write_to(&mut socket).unwrap());
    assert_eq!(socket.written, b"one");
    assert!(!outbox.write_to(&mut socket).unwrap());
    assert_eq!(socket.written, b"onethre");
    assert_eq!(outbox.waiting(), 2);
    socket.takes = vec![9; 9];
    assert!(outbox.write_to(&mut socket).unwrap());
    assert_eq!(socket.written, b"onethreex");
    assert_eq!(outbox.waiting(), 0);
    assert!(outbox.write_to(&mut socket).unwrap());
    // The frames were shared, not copied, and nobody else holds them any more.
    assert!(frames.iter().all(|frame| Arc::strong_count(frame) == 1));
}

#[test]
fn an_outbox_is_full_at_its_limit() {
    let mut outbox = Outbox::default();
    let frame: Arc<[u8]> = vec![0; MAX_QUEUE / 4].into();
    for _ in 0..4 {
        outbox.push(&frame).unwrap();
    }
    let one: Arc<[u8]> = (*b"x").into();
    assert_eq!(outbox.push(&one), Err(QueueFull));
    assert_eq!(outbox.waiting(), MAX_QUEUE);
}

#[test]
fn a_throttle_has_two_marks() {
    let mut throttle = Throttle::new(100, 10);
    let answers = [0, 100, 101, 99, 11, 10, 11, 100, 101].map(|waiting| throttle.stops(waiting));
    let expected = [false, false, true, true, true, false, false, false, true];
    assert_eq!(answers, expected);
}
