//! A journal that was torn, damaged, opened twice or became too long.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use polling::{Event, Feed, Journal, MAX_TEXT};

use crate::ids;

const TEXTS: [&str; 5] = ["one", "", "셋\r\n째", "\0", "the fifth, which is longer"];

/// The file as the documentation says that it is.
fn bytes(events: &[(u64, &[u8])]) -> Vec<u8> {
    let mut bytes = b"events 1\n".to_vec();
    for (id, text) in events {
        bytes.extend((8 + text.len() as u32).to_be_bytes());
        bytes.extend(id.to_be_bytes());
        bytes.extend(*text);
    }
    bytes
}

fn events(path: &Path) -> Vec<Event> {
    let (_, log) = Journal::open(path, 100).unwrap();
    log.events().cloned().collect()
}

#[test]
fn a_tail_that_is_torn_at_any_byte_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events");
    let numbered: Vec<(u64, &[u8])> = (1..).zip(TEXTS.map(str::as_bytes)).collect();
    let ends: Vec<usize> = (0..=TEXTS.len())
        .map(|count| bytes(&numbered[..count]).len())
        .collect();
    let whole = bytes(&numbered);
    for length in 0..=whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let count = ends.iter().filter(|end| **end <= length).count();
        let count = count.saturating_sub(1); // The first end is that of the beginning.
        {
            let (mut journal, mut log) = Journal::open(&path, 100).unwrap();
            let texts: Vec<&str> = log.events().map(|event| &*event.text).collect();
            assert_eq!(texts, TEXTS[..count], "torn at {length}");
            assert_eq!(log.last(), count as u64);
            let next = log.next("after the accident");
            journal.append(&next).unwrap();
            log.push(next);
        }
        let mut mended = numbered[..count].to_vec();
        mended.push((count as u64 + 1, b"after the accident"));
        assert_eq!(fs::read(&path).unwrap(), bytes(&mended), "torn at {length}");
        assert_eq!(events(&path).len(), count + 1);
    }
}

#[test]
fn what_is_no_journal_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events");
    let whole = bytes(&[(1, b"one"), (2, b"two")]);
    let mut bad = vec![
        b"a diary, and not for you".to_vec(),
        b"events 2\n".to_vec(),
        b"x".to_vec(),
        bytes(&[(0, b"zero")]),
        bytes(&[(u64::MAX, b"there is no next number")]),
        bytes(&[(1, b"one"), (3, b"three")]),
        bytes(&[(1, b"one"), (1, b"one")]),
        bytes(&[(2, b"two"), (1, b"one")]),
        bytes(&[(1, b"\xff no text")]),
        bytes(&[(1, &vec![b'x'; MAX_TEXT + 1])]),
        [&whole[..], &[0; 64]].concat(), // After a power cut, zeros may stand where bytes should.
        [&whole[..], &[0xff; 4]].concat(),
    ];
    for at in 0..9 {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        bad.push(flipped);
    }
    for bytes in bad {
        fs::write(&path, &bytes).unwrap();
        let error = Journal::open(&path, 100).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(error.to_string().contains("move it away"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn a_journal_belongs_to_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events");
    let first = Feed::open(&path, 10).unwrap();
    let error = Feed::open(&path, 10).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    assert!(error.to_string().contains("another server has"), "{error}");
    // Also when it was written anew meanwhile.
    for _ in 0..50 {
        first.publish("x").unwrap();
    }
    assert_eq!(
        Feed::open(&path, 10).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    drop(first);
    assert_eq!(Feed::open(&path, 10).unwrap().last(), 50);
    let nowhere = folder.path().join("no/folder");
    assert_eq!(
        Feed::open(&nowhere, 10).unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[cfg(unix)]
#[test]
fn a_journal_is_a_file_of_its_own() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events");
    // Not even what could be the beginning of a journal is written through a link.
    let victim = folder.path().join("victim");
    fs::write(&victim, "").unwrap();
    symlink(&victim, &path).unwrap();
    let error = Journal::open(&path, 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert!(error.to_string().contains("move it away"), "{error}");
    assert_eq!(fs::read(&victim).unwrap(), b"");

    fs::remove_file(&path).unwrap();
    let feed = Feed::open(&path, 1).unwrap();
    for _ in 0..4 {
        // The third time it is written anew.
        feed.publish("a secret").unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}

#[test]
fn numbers_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events");
    for life in 0..5 {
        let feed = Feed::open(&path, 100).unwrap();
        assert_eq!(feed.last(), 3 * life);
        for _ in 0..3 {
            feed.publish("x").unwrap();
        }
        assert_eq!(
            ids(&feed.since(0).unwrap()),
            (1..=3 * life + 3).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_journal_has_at_most_twice_as_many_events_as_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    // A name that looks like the one beside it.
    let path = folder.path().join("events.new");
    let beside = folder.path().join("events.new.new");
    let victim = folder.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&victim, &beside).unwrap();
    let feed = Feed::open(&path, 10).unwrap();
    let record = 4 + 8 + "event".len() as u64;
    for _ in 0..1_000 {
        feed.publish("event").unwrap();
        let records = (fs::metadata(&path).unwrap().len() - 9) / record;
        assert!(records <= 20, "{records}");
    }
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert!(!beside.exists());
    drop(feed);
    let feed = Feed::open(&path, 10).unwrap();
    assert_eq!(
        ids(&feed.since(990).unwrap()),
        (991..=1_000).collect::<Vec<_>>()
    );
    assert_eq!(feed.since(989).unwrap_err().cursor, 990);
    assert_eq!(feed.publish("event").unwrap(), 1_001);
    drop(feed);
    // Who keeps more from now on has what there is; who keeps less, less.
    assert_eq!(Feed::open(&path, 3).unwrap().since(998).unwrap().len(), 3);
    assert_eq!(
        Feed::open(&path, 3).unwrap().since(997).unwrap_err().cursor,
        998
    );
}

#[test]
fn when_a_journal_cannot_be_written_nothing_has_happened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events");
    let feed = Feed::open(&path, 2).unwrap();
    for _ in 0..4 {
        feed.publish("good").unwrap();
    }
    // The shorter one cannot be made.
    let beside = folder.path().join("events.new");
    fs::create_dir(&beside).unwrap();
    for _ in 0..3 {
        assert!(feed.publish("bad").is_err());
        assert_eq!(feed.last(), 4);
    }
    fs::remove_dir(&beside).unwrap();
    assert_eq!(feed.publish("good again").unwrap(), 5);
    drop(feed);
    let texts: Vec<String> = events(&path)
        .iter()
        .map(|event| event.text.to_string())
        .collect();
    assert_eq!(texts, ["good", "good", "good again"]);
}
