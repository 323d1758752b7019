use super::{LESSON, probe};
use peer::{Scene, caught};
use polling_exercises::since_cursor::{Answer, Log};

/// An answer as far as it can be told: the numbers of its events, or the end of a panic.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    Events { cursor: u64, ids: Vec<u64> },
    Missed { cursor: u64 },
    Panic(String),
}
use Told::{Events, Missed, Panic};

/// More than any log of these tests keeps.
const ALL: usize = 100;

/// A server that begins with `last`, keeps `kept`, and in which `count` events happened. Asks for
/// each of the `cursors` and returns what it was told.
fn ask(
    scene: &Scene,
    (last, kept, count): (u64, usize, usize),
    most: usize,
    cursors: &[u64],
) -> Vec<Told> {
    let now = last + count as u64;
    scene.note(format!(
        "a log that keeps {kept}; {count} happened, the last has number {now}"
    ));
    let text = scene.random_letters(4);
    let asked = cursors.to_vec();
    let told = probe(
        scene,
        "your log",
        |_| "never-returns",
        move || {
            let mut log = Log::new(last, kept);
            (0..count).for_each(|_| log.push(&text));
            let told = |cursor: &u64| match caught(|| log.since(*cursor, most)) {
                Ok(Answer::Events { cursor, events }) => Events {
                    cursor,
                    ids: events.iter().map(|event| event.id).collect(),
                },
                Ok(Answer::Missed { cursor }) => Missed { cursor },
                Err(panic) => Panic(panic),
            };
            asked.iter().map(told).collect::<Vec<Told>>()
        },
    );
    for (cursor, told) in cursors.iter().zip(&told) {
        scene.note(format!("since({cursor}, {most}): {}", shown(told)));
    }
    told
}

fn shown(told: &Told) -> String {
    match told {
        Events { cursor, ids } if ids.is_empty() => format!("nothing, cursor {cursor}"),
        Events { cursor, ids } => format!("{ids:?}, cursor {cursor}"),
        Missed { cursor } => format!("missed, cursor {cursor}"),
        Panic(message) => format!("a panic: {message}"),
    }
}

/// Asks with `cursor`, and compares.
fn asks(
    scene: &Scene,
    log: (u64, usize, usize),
    cursor: u64,
    expected: Told,
    key: impl Fn(&Told) -> &'static str,
) {
    let told = ask(scene, log, ALL, &[cursor]).remove(0);
    let key = match (&told, &expected) {
        (Missed { .. }, Events { .. }) => "nothing-was-missed",
        _ => key(&told),
    };
    scene.check(told == expected, key, || {
        format!(
            "since({cursor}, {ALL}) said: {}. Expected was: {}.",
            shown(&told),
            shown(&expected)
        )
    });
}

fn events(ids: impl Iterator<Item = u64>, cursor: u64) -> Told {
    let ids = ids.collect();
    Events { cursor, ids }
}

#[test]
fn gives_what_is_behind_the_cursor() {
    LESSON.grade("since_cursor", |scene| {
        let count = scene.random().u64(5..10);
        for cursor in [2, 0, count - 1] {
            let expected = events(cursor + 1..=count, count);
            asks(
                scene,
                (0, 100, count as usize),
                cursor,
                expected,
                |_| "behind-the-cursor",
            );
        }
    });
}

#[test]
fn nothing_is_an_answer_and_the_cursor_stays() {
    LESSON.grade("since_cursor", |scene| {
        let count = scene.random().u64(3..10);
        for (count, cursor) in [(count, count), (0, 0)] {
            asks(
                scene,
                (0, 100, count as usize),
                cursor,
                events(0..0, cursor),
                |told| match told {
                    Events { ids, .. } if !ids.is_empty() => "behind-the-cursor",
                    Panic(_) => "an-empty-log-has-counted",
                    _ => "the-cursor-stays",
                },
            );
        }
    });
}

#[test]
fn a_long_list_comes_in_parts_without_a_gap() {
    LESSON.grade("since_cursor", |scene| {
        let most = scene.random().usize(2..5);
        let count = 2 * most + 1;
        let told = ask(scene, (0, 100, count), most, &[1]).remove(0);
        let last = 1 + most as u64;
        let first_part = events(2..=last, last);
        let key = match &told {
            Events { ids, .. } if ids.len() > most => "at-most",
            Events { ids, .. } if ids.first() != Some(&2) => "the-oldest-first",
            _ => "cursor-skips-events",
        };
        scene.check(told == first_part, key, || {
            format!(
                "{count} events happened, and since(1, {most}) said: {}. Expected was: {}. Who asks with the cursor of an answer gets what is behind it, and nothing else.",
                shown(&told),
                shown(&first_part)
            )
        });
    });
}

#[test]
fn goes_on_finding_them_when_old_ones_are_forgotten() {
    LESSON.grade("since_cursor", |scene| {
        let kept = scene.random().usize(3..6);
        let count = kept + scene.random().usize(5..9);
        let (forgotten, last) = ((count - kept) as u64, count as u64);
        for cursor in [forgotten + 1, last - 1, last] {
            let expected = events(cursor + 1..=last, last);
            asks(
                scene,
                (0, kept, count),
                cursor,
                expected,
                |_| "numbers-are-no-places",
            );
        }
        // All that it has not seen is still there.
        let expected = events(forgotten + 1..=last, last);
        asks(
            scene,
            (0, kept, count),
            forgotten,
            expected,
            |_| "nothing-was-missed",
        );
    });
}

#[test]
fn says_so_when_events_were_missed() {
    LESSON.grade("since_cursor", |scene| {
        let kept = scene.random().usize(3..6);
        let count = kept + scene.random().usize(5..9);
        let forgotten = (count - kept) as u64;
        for cursor in [forgotten - 1, 0] {
            let expected = Missed { cursor: forgotten };
            asks(
                scene,
                (0, kept, count),
                cursor,
                expected,
                |told| match told {
                    Missed { .. } => "where-the-rest-begins",
                    _ => "missed-in-silence",
                },
            );
        }
    });
}

#[test]
fn says_so_when_the_cursor_is_from_another_life() {
    LESSON.grade("since_cursor", |scene| {
        let count = scene.random().u64(3..9);
        for (count, cursor) in [
            (count, count + 1),
            (count, 5_000),
            (0, 7),
            (count, u64::MAX),
        ] {
            let expected = Missed { cursor: 0 };
            asks(
                scene,
                (0, 100, count as usize),
                cursor,
                expected,
                |told| match told {
                    Missed { .. } => "where-the-rest-begins",
                    _ => "from-another-life",
                },
            );
        }
    });
}

#[test]
fn a_server_that_has_forgotten_everything_still_counts() {
    LESSON.grade("since_cursor", |scene| {
        let last = scene.random().u64(40..90);
        let key = |_: &Told| "an-empty-log-has-counted";
        asks(scene, (last, 9, 0), last, events(0..0, last), key);
        for cursor in [last - 1, 0, last + 1] {
            asks(scene, (last, 9, 0), cursor, Missed { cursor: last }, key);
        }
        asks(
            scene,
            (last, 9, 1),
            last,
            events(last + 1..=last + 1, last + 1),
            key,
        );
    });
}
