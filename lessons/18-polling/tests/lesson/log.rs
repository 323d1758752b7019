//! A log, at every cursor.

use polling::{Event, Log, MAX_BATCH, MAX_BATCH_TEXT, MAX_TEXT, Missed};

use crate::ids;

#[test]
fn every_cursor_gets_what_is_behind_it_or_is_told_what_it_misses() {
    for kept in [1, 2, 7, 150] {
        let mut log = Log::new(kept);
        for count in 0..300_u64 {
            assert_eq!(log.last(), count);
            let forgotten = count.saturating_sub(kept as u64);
            for cursor in 0..=count + 2 {
                let expected: Vec<u64> = (cursor + 1..=count).take(MAX_BATCH).collect();
                match log.since(cursor) {
                    Ok(events) => {
                        assert!((forgotten..=count).contains(&cursor));
                        assert_eq!(ids(&events), expected);
                        for event in events {
                            assert_eq!(*event.text, format!("event {}", event.id));
                        }
                    }
                    Err(missed) => {
                        assert!(cursor < forgotten || cursor > count);
                        assert_eq!(missed, Missed { cursor: forgotten });
                        assert!(log.since(missed.cursor).is_ok());
                    }
                }
            }
            log.push(log.next(&format!("event {}", count + 1)));
            assert_eq!(
                log.events().count() as u64,
                (count + 1).min(log.kept() as u64)
            );
        }
    }
}

#[test]
fn a_log_keeps_at_least_one() {
    let mut log = Log::new(0);
    log.push(log.next("a"));
    log.push(log.next("b"));
    assert_eq!(ids(&log.since(1).unwrap()), [2]);
    assert_eq!(log.since(0), Err(Missed { cursor: 1 }));
    assert_eq!(log.since(u64::MAX), Err(Missed { cursor: 1 }));
    assert!(Missed { cursor: 1 }.to_string().contains("comes after 1"));
}

#[test]
fn a_batch_of_long_texts_is_shorter() {
    let mut log = Log::new(100);
    for _ in 0..20 {
        log.push(log.next(&"x".repeat(MAX_TEXT)));
    }
    let each = (MAX_BATCH_TEXT / MAX_TEXT) as u64;
    assert_eq!(ids(&log.since(3).unwrap()), [4, 5, 6, 7]);
    assert_eq!(each, 4);
    // There is always one, so that every client comes to the end.
    log.push(log.next(&"x".repeat(2 * MAX_BATCH_TEXT)));
    log.push(log.next("the last"));
    let (mut cursor, mut batches) = (0, 0);
    while let Some(last) = log.since(cursor).unwrap().last() {
        cursor = last.id;
        batches += 1;
    }
    assert_eq!((cursor, batches), (22, 20 / each + 2));
}

#[test]
fn an_event_from_somebody_else_does_not_command_the_terminal() {
    let event = Event {
        id: 7,
        text: "tea\u{1b}[2J\nready 차".into(),
    };
    assert_eq!(event.to_string(), "7 tea\u{fffd}[2J\u{fffd}ready 차");
}
