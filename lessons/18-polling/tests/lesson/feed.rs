//! Those who publish and those who wait, at the same time.

use std::io::ErrorKind;
use std::thread;
use std::time::Duration;

use polling::{Feed, MAX_SEATS, MAX_TEXT, Missed};

use crate::ids;
use crate::programs::DEADLINE;
use crate::server::eventually;

#[test]
fn who_waits_is_woken_by_an_event() {
    let feed = Feed::in_memory(10);
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..20)
            .map(|_| {
                let seat = feed.take_seat().unwrap();
                scope.spawn(move || seat.wait(0, DEADLINE))
            })
            .collect();
        assert_eq!(feed.seated(), 20);
        assert_eq!(feed.publish("now").unwrap(), 1);
        for thread in waiting {
            assert_eq!(ids(&thread.join().unwrap().unwrap()), [1]);
        }
    });
    assert_eq!(feed.seated(), 0);
}

#[test]
fn what_happened_between_two_waits_is_there() {
    let feed = Feed::in_memory(10);
    let seat = feed.take_seat().unwrap();
    assert_eq!(seat.wait(0, Duration::ZERO), Ok(Vec::new()));
    assert_eq!(seat.wait(0, Duration::from_millis(5)), Ok(Vec::new()));
    feed.publish("between").unwrap();
    feed.publish("and another").unwrap();
    assert_eq!(ids(&seat.wait(0, DEADLINE).unwrap()), [1, 2]);
    assert_eq!(ids(&seat.wait(1, Duration::ZERO).unwrap()), [2]);
    assert_eq!(seat.wait(3, DEADLINE), Err(Missed { cursor: 0 }));
}

#[test]
fn closing_wakes_all_and_leaves_what_is_there() {
    let feed = Feed::in_memory(10);
    feed.publish("before").unwrap();
    thread::scope(|scope| {
        let seat = feed.take_seat().unwrap();
        let waiting = scope.spawn(move || seat.wait(1, DEADLINE));
        feed.close();
        assert_eq!(waiting.join().unwrap(), Ok(Vec::new()));
    });
    assert!(feed.is_closed());
    let seat = feed.take_seat().unwrap();
    assert_eq!(seat.wait(1, DEADLINE), Ok(Vec::new()));
    assert_eq!(ids(&seat.wait(0, DEADLINE).unwrap()), [1]);
    assert!(seat.feed().is_closed());
}

#[test]
fn seats_are_counted_and_given_back() {
    let feed = Feed::in_memory(1);
    let mut seats: Vec<_> = (0..MAX_SEATS).map(|_| feed.take_seat().unwrap()).collect();
    assert!(feed.take_seat().is_none());
    assert_eq!(feed.seated(), MAX_SEATS);
    seats.pop();
    let seat = feed.take_seat().unwrap();
    assert!(feed.take_seat().is_none());
    // Also when its thread panics.
    let panicked = thread::spawn(move || {
        let _seat = seat;
        panic!("as it sometimes goes");
    })
    .join();
    assert!(panicked.is_err());
    assert!(feed.take_seat().is_some());
    drop(seats);
    assert_eq!(feed.seated(), 0);
    assert_eq!(format!("{feed:?}"), "Feed(last 0, 0 seated)");
}

#[test]
fn many_publish_and_many_listen() {
    const EACH: usize = 200;
    const PUBLISHERS: usize = 5;
    let folder = tempfile::tempdir().unwrap();
    let feed = Feed::open(&folder.path().join("events"), 2_000).unwrap();
    thread::scope(|scope| {
        let listeners: Vec<_> = (0..5)
            .map(|_| {
                scope.spawn(|| {
                    let seat = feed.take_seat().unwrap();
                    let mut heard = Vec::new();
                    while heard.len() < EACH * PUBLISHERS {
                        let cursor = heard.len() as u64;
                        let events = seat.wait(cursor, DEADLINE).unwrap();
                        assert!(!events.is_empty());
                        heard.extend(events);
                    }
                    heard
                })
            })
            .collect();
        for publisher in 0..PUBLISHERS {
            let feed = &feed;
            scope.spawn(move || {
                for number in 0..EACH {
                    feed.publish(&format!("{publisher} {number}")).unwrap();
                }
            });
        }
        for listener in listeners {
            let heard = listener.join().unwrap();
            let all: Vec<u64> = (1..=(EACH * PUBLISHERS) as u64).collect();
            assert_eq!(ids(&heard), all);
            for publisher in 0..PUBLISHERS {
                let prefix = format!("{publisher} ");
                let said = heard
                    .iter()
                    .filter_map(|event| event.text.strip_prefix(&prefix));
                assert!(said.eq((0..EACH).map(|number| number.to_string())));
            }
        }
    });
    eventually("all seats should be free", || feed.seated() == 0);
}

#[test]
fn a_text_has_a_limit() {
    let feed = Feed::in_memory(10);
    assert_eq!(feed.publish(&"x".repeat(MAX_TEXT)).unwrap(), 1);
    let error = feed.publish(&"x".repeat(MAX_TEXT + 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(feed.last(), 1);
}
