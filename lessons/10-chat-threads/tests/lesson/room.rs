//! The room and the queue by themselves: no socket is involved.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use chat_threads::protocol::{MAX_NAME, MAX_TEXT, Notice, Refused};
use chat_threads::{MAX_MEMBERS, Queue, QueueFull, Room};
use framing::{Event, Frames, MAX_FRAME};

use crate::programs::DEADLINE;

/// A room with the mailboxes of all who were ever in it, each of which holds so many frames.
struct Play {
    room: Room<u32>,
    capacity: usize,
    mailboxes: BTreeMap<u32, Vec<Notice>>,
}

impl Play {
    fn new(capacity: usize) -> Self {
        Self {
            room: Room::new(),
            capacity,
            mailboxes: BTreeMap::new(),
        }
    }

    fn says(&mut self, key: u32, message: &str) -> Result<(), Refused> {
        self.sends(key, message.as_bytes())
    }

    fn sends(&mut self, key: u32, message: &[u8]) -> Result<(), Refused> {
        let (capacity, mailboxes) = (self.capacity, &mut self.mailboxes);
        self.room.receive(key, message, |key, frame| {
            put(mailboxes, capacity, key, frame)
        })
    }

    fn leaves(&mut self, key: u32) {
        let (capacity, mailboxes) = (self.capacity, &mut self.mailboxes);
        self.room
            .leave(key, |key, frame| put(mailboxes, capacity, key, frame));
    }

    /// What has come for `key`, and makes place for more.
    fn take(&mut self, key: u32) -> Vec<String> {
        let notices = self.mailboxes.remove(&key).unwrap_or_default();
        notices.iter().map(Notice::to_string).collect()
    }
}

fn put(
    mailboxes: &mut BTreeMap<u32, Vec<Notice>>,
    capacity: usize,
    key: u32,
    frame: &Arc<[u8]>,
) -> Result<(), QueueFull> {
    let mailbox = mailboxes.entry(key).or_default();
    if mailbox.len() == capacity {
        return Err(QueueFull);
    }
    mailbox.push(notice(frame));
    Ok(())
}

/// What a whole frame says.
fn notice(frame: &[u8]) -> Notice {
    let mut frames = Frames::new(MAX_FRAME);
    frames.receive_data(frame);
    let Ok(Some(Event::Message(payload))) = frames.next_event() else {
        panic!("{frame:?} is no frame");
    };
    assert_eq!(frames.buffered(), 0);
    Notice::parse(&payload).unwrap()
}

#[test]
fn all_are_told_in_the_same_order_the_speaker_too() {
    let mut play = Play::new(usize::MAX);
    play.says(1, "ana").unwrap();
    play.says(2, "bob").unwrap();
    play.says(1, "hi bob").unwrap();
    play.says(2, "").unwrap(); // It says nothing.
    play.leaves(1);
    play.leaves(1); // For a second time: nothing happens.
    play.leaves(77);
    assert_eq!(
        play.take(1),
        ["welcome", "joined ana", "joined bob", "said ana hi bob"]
    );
    assert_eq!(
        play.take(2),
        ["welcome ana", "joined bob", "said ana hi bob", "left ana"]
    );
}

#[test]
fn a_name_is_free_again_when_its_member_has_left() {
    let mut play = Play::new(usize::MAX);
    play.says(1, "ana").unwrap();
    assert_eq!(play.says(2, "ana"), Err(Refused::NameTaken));
    assert!(!play.room.contains(2));
    play.leaves(1);
    play.says(2, "ana").unwrap();
    // The old connection's end comes late, and takes nobody with it.
    play.leaves(1);
    assert!(play.room.contains(2));
    assert_eq!(play.take(2), ["welcome", "joined ana"]);
}

#[test]
fn whose_queue_is_full_is_out_and_the_others_know() {
    let mut play = Play::new(4);
    play.says(1, "ana").unwrap();
    play.says(2, "bob").unwrap();
    play.says(3, "eve").unwrap(); // Four notices lie before ana now.
    play.take(2);
    play.says(3, "hello").unwrap();
    assert!(!play.room.contains(1));
    assert_eq!(
        play.take(1),
        ["welcome", "joined ana", "joined bob", "joined eve"]
    );
    assert_eq!(play.take(2), ["said eve hello", "left ana"]);
    assert_eq!(
        play.take(3),
        [
            "welcome ana bob",
            "joined eve",
            "said eve hello",
            "left ana"
        ]
    );
}

#[test]
fn several_are_out_at_once_and_nobody_who_is_out_is_told() {
    let mut play = Play::new(3);
    play.says(1, "ana").unwrap();
    play.says(2, "bob").unwrap();
    play.take(2);
    play.says(3, "eve").unwrap(); // Ana is full at this, and bob at the end of it all.
    assert!(!play.room.contains(1));
    assert_eq!(play.take(2), ["joined eve", "left ana"]);
    assert_eq!(play.take(3), ["welcome ana bob", "joined eve", "left ana"]);
}

#[test]
fn names_and_texts_have_rules() {
    let mut play = Play::new(usize::MAX);
    let long = "n".repeat(MAX_NAME + 1);
    for bad in ["", " ", "a b", "a\n", "a\u{1b}[2J", "a\u{2003}b", &long] {
        assert_eq!(play.says(1, bad), Err(Refused::BadName), "{bad:?}");
    }
    assert_eq!(play.sends(1, b"\xff"), Err(Refused::BadName));
    play.says(1, &"n".repeat(MAX_NAME)).unwrap();
    play.says(2, "안녕").unwrap();
    play.says(1, &"x".repeat(MAX_TEXT)).unwrap();
    assert_eq!(
        play.says(1, &"x".repeat(MAX_TEXT + 1)),
        Err(Refused::BadText)
    );
    assert!(!play.room.contains(1));
    assert_eq!(play.sends(2, b"half \xed\x95"), Err(Refused::BadText));
    assert!(play.take(1).contains(&"joined 안녕".to_owned()));
    assert!(play.take(2).last().unwrap().starts_with("left nnn"));
}

#[test]
fn a_full_room_takes_nobody_and_its_list_of_names_is_one_frame() {
    let mut play = Play::new(usize::MAX);
    let name = |number| format!("{number:0MAX_NAME$}");
    for key in 0..MAX_MEMBERS as u32 {
        play.says(key, &name(key)).unwrap();
    }
    let last = MAX_MEMBERS as u32;
    assert_eq!(play.says(last, &name(last)), Err(Refused::Full));
    play.leaves(0);
    play.says(last, &name(last)).unwrap();
    assert!(play.take(last)[0].len() <= MAX_FRAME);
}

#[test]
fn every_notice_can_be_read_again() {
    let notices = [
        Notice::Welcome(vec![]),
        Notice::Welcome(vec!["ana".into(), "안녕".into()]),
        Notice::Joined("ana".into()),
        Notice::Said("ana".into(), "  left bob\nsaid \n".into()),
        Notice::Left("ana".into()),
        Notice::Refused(Refused::NameTaken),
        Notice::Refused(Refused::BadName),
        Notice::Refused(Refused::BadText),
        Notice::Refused(Refused::Full),
        Notice::Refused(Refused::Silent),
        Notice::Closing,
    ];
    for said in notices {
        assert_eq!(notice(&said.to_frame()), said);
    }
    for bad in [&b""[..], b"hello", b"said ana", b"refused why", b"\xff"] {
        assert_eq!(Notice::parse(bad), None, "{bad:?}");
    }
}

#[test]
fn closing_tells_all_and_empties_the_room() {
    let mut play = Play::new(usize::MAX);
    play.says(1, "ana").unwrap();
    play.says(2, "bob").unwrap();
    let mut told = Vec::new();
    play.room.close(|key, frame| {
        told.push((key, notice(frame)));
        Err(QueueFull)
    });
    assert_eq!(told, [(1, Notice::Closing), (2, Notice::Closing)]);
    assert!(!play.room.contains(1) && !play.room.contains(2));
}

/// From its own `joined` on, each member is told a part of one sequence, without a gap.
#[test]
fn whatever_happens_every_member_sees_the_same_sequence() {
    for seed in 1..=200 {
        let mut random = seed;
        let mut below = |limit: u64| {
            // Xorshift: the same play again with the same seed.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % limit
        };
        let mut room = Room::new();
        // What each connection was told; the sequence is what a member with no limit is told.
        let mut told: Vec<Vec<Notice>> = Vec::new();
        let mut capacity: Vec<usize> = Vec::new();
        for step in 0..300 {
            let dice = if step == 0 { 0 } else { below(8) };
            if dice == 0 {
                told.push(Vec::new());
                let small = below(20) as usize;
                capacity.push(if step == 0 { usize::MAX } else { small });
            }
            let key = match (dice, told.len()) {
                (0, connections) => connections - 1,
                (_, connections) => below(connections as u64) as usize,
            };
            let mut post = |key: usize, frame: &Arc<[u8]>| {
                if told[key].len() >= capacity[key] {
                    return Err(QueueFull);
                }
                told[key].push(notice(frame));
                Ok(())
            };
            if dice == 0 {
                let _ = room.receive(key, format!("n{key}").as_bytes(), &mut post);
            } else if dice == 1 && key != 0 {
                room.leave(key, &mut post);
            } else if room.contains(key) {
                let said = format!("{step}");
                room.receive(key, said.as_bytes(), &mut post).unwrap();
            }
        }
        let sequence = &told[0][1..];
        for (key, told) in told.iter().enumerate() {
            let Some((_welcome, part)) = told.split_first() else {
                continue;
            };
            let joined = Notice::Joined(format!("n{key}"));
            let begin = sequence.iter().position(|notice| *notice == joined);
            match begin {
                Some(begin) => assert_eq!(part, &sequence[begin..begin + part.len()], "{seed}"),
                None => assert_eq!(part, [], "seed {seed}: it had no place for a second frame"),
            }
        }
    }
}

fn frame(length: usize) -> Arc<[u8]> {
    vec![b'x'; length].into()
}

#[test]
fn a_queue_counts_bytes_and_takes_exactly_its_limit() {
    let queue = Queue::new(10);
    assert_eq!(queue.push(&frame(4)), Ok(()));
    assert_eq!(queue.push(&frame(7)), Err(QueueFull));
    assert_eq!(queue.push(&frame(6)), Ok(()));
    assert_eq!(queue.push(&frame(1)), Err(QueueFull));
    assert_eq!(queue.waiting(), 10);
    assert_eq!(queue.pop().unwrap().len(), 4);
    assert_eq!(queue.push(&frame(5)), Err(QueueFull));
    assert_eq!(queue.push(&frame(4)), Ok(()));
    queue.close();
    assert_eq!(queue.push(&frame(1)), Ok(())); // It is dropped.
    let rest: Vec<usize> = std::iter::from_fn(|| queue.pop())
        .map(|frame| frame.len())
        .collect();
    assert_eq!(rest, [6, 4]);
    assert_eq!(Queue::new(10).push(&frame(11)), Err(QueueFull));
}

#[test]
fn an_abandoned_queue_forgets_what_waits() {
    let queue = Queue::new(10);
    queue.push(&frame(4)).unwrap();
    queue.abandon();
    assert_eq!(queue.waiting(), 0);
    assert_eq!(queue.pop(), None);
}

#[test]
fn who_waits_for_a_queue_is_woken() {
    type Wake = fn(&Queue);
    let pops: [Wake; 3] = [
        |queue| queue.push(&frame(1)).unwrap(),
        Queue::close,
        Queue::abandon,
    ];
    let waits: [Wake; 3] = [|queue| drop(queue.pop()), Queue::close, Queue::abandon];
    for wake in pops {
        woken(Queue::new(10), |queue| drop(queue.pop()), wake);
    }
    for wake in waits {
        let queue = Queue::new(10);
        queue.push(&frame(5)).unwrap();
        woken(queue, |queue| queue.wait_below(5), wake);
    }
    Queue::new(10).wait_below(1); // Nothing waits: nor does this.
}

fn woken(queue: Queue, wait: fn(&Queue), wake: fn(&Queue)) {
    let queue = Arc::new(queue);
    let (done, is_done) = mpsc::channel();
    let waiter = Arc::clone(&queue);
    thread::spawn(move || {
        wait(&waiter);
        done.send(()).unwrap();
    });
    assert!(is_done.try_recv().is_err());
    wake(&queue);
    is_done.recv_timeout(DEADLINE).unwrap();
}
