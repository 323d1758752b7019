use super::LESSON;
use peer::{Scene, caught};
use std::fmt::Debug;
use std::sync::{Arc, Weak};
use streaming_exercises::bounded_subscribers::{Full, Id, News, Subscribers};

/// Runs `code` with subscribers of the student's, and returns what it returned; when it panicked, the
/// test ends with the hint of `key`.
fn play<T: Debug + Send + 'static>(
    scene: &Scene,
    key: &'static str,
    (max, kept): (usize, usize),
    code: impl FnOnce(&mut Subscribers) -> T + Send + 'static,
) -> T {
    scene.note(format!("at most {max} subscribers, {kept} events kept"));
    let played = scene
        .run("your code", move || {
            let mut subscribers = Subscribers::new(max, kept);
            caught(|| code(&mut subscribers))
        })
        .join(|_| "never-returns");
    match played {
        Ok(value) => value,
        Err(panic) => {
            // More events are kept than are new, and one was taken from the other.
            let overflow = panic.contains("overflow");
            let key = if overflow { "tell-what-is-missed" } else { key };
            scene.check(false, key, || format!("Your code panicked: {panic}"));
            unreachable!("the check has ended the test")
        }
    }
}

/// Events that nobody can guess.
fn events(scene: &Scene, count: usize) -> Vec<Arc<str>> {
    (1..=count)
        .map(|number| format!("{}{number}", scene.random_letters(2)).into())
        .collect()
}

fn news(missed: usize, events: &[Arc<str>]) -> Option<News> {
    Some(News {
        missed: missed as u64,
        events: events.to_vec(),
    })
}

/// What somebody was told, shorter than Rust says it.
fn said(news: &Option<News>) -> String {
    match news {
        Some(News { missed, events }) => format!("missed: {missed}, events: {events:?}"),
        None => "None".to_string(),
    }
}

/// Checks what somebody was told.
fn told(scene: &Scene, key: &str, who: &str, got: &Option<News>, expected: &Option<News>) {
    scene.check(got == expected, key, || {
        let (got, expected) = (said(got), said(expected));
        format!("{who} asked for news and got {got}; expected was {expected}.")
    });
}

#[test]
fn everybody_hears_every_event_once() {
    LESSON.grade("bounded_subscribers", |scene| {
        let all = events(scene, 5);
        let given = all.clone();
        let got = play(scene, "each-event-once", (3, 10), move |subscribers| {
            let ids = [subscribers.subscribe(), subscribers.subscribe()].map(Result::ok);
            let mut asks = Vec::new();
            for events in [&given[..1], &given[1..4], &given[4..4], &given[4..]] {
                for event in events {
                    subscribers.publish(Arc::clone(event));
                }
                for id in ids {
                    asks.push(id.and_then(|id| subscribers.news(id)));
                }
            }
            asks
        });
        let expected = [&all[..1], &all[1..4], &[], &all[4..]];
        for (nth, got) in got.iter().enumerate() {
            let who = format!("Subscriber {}", nth % 2 + 1);
            let events = expected[nth / 2];
            scene.note(format!(
                "events more: {}; {who} gets {}",
                events.len(),
                said(got)
            ));
            told(scene, "each-event-once", &who, got, &news(0, events));
        }
    });
}

/// Somebody comes after `before` events, and one more happens.
fn comes_late(scene: &Scene, kept: usize, before: usize) {
    let all = events(scene, before + 1);
    let given = all.clone();
    let got = play(scene, "from-now-on", (3, kept), move |subscribers| {
        for event in &given[..before] {
            subscribers.publish(Arc::clone(event));
        }
        let id = subscribers.subscribe().ok();
        let first = id.and_then(|id| subscribers.news(id));
        subscribers.publish(Arc::clone(&given[before]));
        [first, id.and_then(|id| subscribers.news(id))]
    });
    scene.note(format!(
        "{before} events; somebody comes and gets {}",
        said(&got[0])
    ));
    let who = format!("Somebody came after {before} events,");
    told(scene, "from-now-on", &who, &got[0], &news(0, &[]));
    scene.note(format!("events more: 1; it gets {}", said(&got[1])));
    let who = format!("Somebody came after {before} events, one more happened, and it");
    let expected = news(0, &all[before..]);
    told(scene, "from-now-on", &who, &got[1], &expected);
}

#[test]
fn a_newcomer_hears_what_happens_from_now_on() {
    LESSON.grade("bounded_subscribers", |scene| comes_late(scene, 10, 4));
}

#[test]
fn there_are_no_more_subscribers_than_may_be() {
    LESSON.grade("bounded_subscribers", |scene| {
        let max = scene.random().usize(2..6);
        let key = "unbounded-subscribers";
        let got = play(scene, key, (max, 10), move |subscribers| {
            let come: Vec<_> = (0..max + 2).map(|_| subscribers.subscribe()).collect();
            come
        });
        for (nth, got) in got.iter().enumerate() {
            let nth = nth + 1;
            scene.note(format!("subscriber {nth}: {got:?}"));
            match nth <= max {
                true => scene.check(got.is_ok(), key, || {
                    format!("Subscriber {nth} of {max} that may be there was refused.")
                }),
                false => scene.check(*got == Err(Full), key, || {
                    format!("Subscriber {nth} came, {max} may be there, and it was let in.")
                }),
            }
        }
        let mut ids: Vec<Id> = got.iter().filter_map(|got| got.ok()).collect();
        ids.sort_unstable();
        ids.dedup();
        scene.check(ids.len() == max, key, || {
            format!("Two subscribers have the same number: {got:?}.")
        });
    });
}

#[test]
fn who_leaves_makes_room_for_one() {
    LESSON.grade("bounded_subscribers", |scene| {
        let key = "a-place-for-who-leaves";
        let happened = events(scene, 1);
        let (gone, next, second, old) = play(scene, key, (2, 10), move |subscribers| {
            let first = subscribers.subscribe().unwrap_or_default();
            let _ = subscribers.subscribe();
            subscribers.leave(first);
            // Its thread notices once more that it is gone.
            subscribers.leave(first);
            subscribers.publish(Arc::clone(&happened[0]));
            let gone = subscribers.news(first);
            let next = subscribers.subscribe();
            let second = subscribers.subscribe();
            if let Ok(next) = next {
                subscribers.leave(first);
                (gone, Ok(next), second, subscribers.news(next))
            } else {
                (gone, next, second, None)
            }
        });
        scene.note("1 and 2 come; 1 leaves twice; 3 and 4 come");
        scene.check(gone.is_none(), key, || {
            format!("A subscriber has left, an event happened, and news() gave it {}; None was expected.", said(&gone))
        });
        scene.check(next.is_ok(), key, || {
            "One of two subscribers left, and the next one was refused.".to_string()
        });
        scene.check(second == Err(Full), key, || {
            "One of two subscribers left, twice, and two others were let in.".to_string()
        });
        scene.check(old == news(0, &[]), key, || {
            format!("Subscriber 3 came, 1 left once more, and 3 asked for news and got {}; nothing new was expected.", said(&old))
        });
    });
}

#[test]
fn many_events_that_nobody_asks_for_cost_no_memory() {
    LESSON.grade("bounded_subscribers", |scene| {
        let kept = scene.random().usize(3..8);
        let key = "unbounded-memory";
        let most = play(scene, key, (3, kept), move |subscribers| {
            let fast = subscribers.subscribe().unwrap_or_default();
            let _slow = subscribers.subscribe();
            let mut all: Vec<Weak<str>> = Vec::new();
            let mut most = 0;
            for number in 0..50 * kept {
                let event: Arc<str> = format!("event {number}").into();
                all.push(Arc::downgrade(&event));
                subscribers.publish(event);
                if number % 2 == 0 {
                    subscribers.news(fast);
                }
                all.retain(|event| event.strong_count() > 0);
                most = most.max(all.len());
            }
            most
        });
        scene.note(format!("{} events, and one of two never asks", 50 * kept));
        scene.check(most <= kept, key, || {
            format!(
                "{kept} events may be kept, and your code kept {most} of {}.",
                50 * kept
            )
        });
    });
}

#[test]
fn who_is_slow_is_told_how_much_it_has_missed() {
    LESSON.grade("bounded_subscribers", |scene| {
        let kept = scene.random().usize(3..6);
        for count in [kept - 1, kept, kept + 1, kept + 7] {
            let all = events(scene, count);
            let given = all.clone();
            let key = "tell-what-is-missed";
            let got = play(scene, key, (3, kept), move |subscribers| {
                let slow = subscribers.subscribe().unwrap_or_default();
                for event in given {
                    subscribers.publish(event);
                }
                subscribers.news(slow)
            });
            scene.note(format!("{count} events; it gets {}", said(&got)));
            let missed = count.saturating_sub(kept);
            let who = format!("{count} events happened, {kept} are kept; a subscriber");
            told(scene, key, &who, &got, &news(missed, &all[missed..]));
        }
    });
}

#[test]
fn a_newcomer_has_missed_nothing_of_the_past() {
    LESSON.grade("bounded_subscribers", |scene| comes_late(scene, 2, 6));
}

#[test]
fn who_was_slow_goes_on_like_the_others() {
    LESSON.grade("bounded_subscribers", |scene| {
        let kept = 3;
        let all = events(scene, 12);
        let given = all.clone();
        let key = "missed-is-said-once";
        let got = play(scene, key, (3, kept), move |subscribers| {
            let slow = subscribers.subscribe().unwrap_or_default();
            let mut asks = Vec::new();
            for events in [&given[..5], &given[5..5], &given[5..6], &given[6..12]] {
                for event in events {
                    subscribers.publish(Arc::clone(event));
                }
                asks.push(subscribers.news(slow));
            }
            asks
        });
        let expected = [
            (5, news(2, &all[2..5])),
            (0, news(0, &[])),
            (1, news(0, &all[5..6])),
            (6, news(3, &all[9..12])),
        ];
        for (got, (count, expected)) in got.iter().zip(expected) {
            scene.note(format!("events more: {count}; it gets {}", said(got)));
            told(scene, key, "A slow subscriber", got, &expected);
        }
    });
}

#[test]
fn the_slow_take_nothing_from_the_fast() {
    LESSON.grade("bounded_subscribers", |scene| {
        let key = "each-has-its-own-place";
        let all = events(scene, 20);
        let given = all.clone();
        let got = play(scene, key, (3, 3), move |subscribers| {
            let fast = subscribers.subscribe().unwrap_or_default();
            let _slow = subscribers.subscribe();
            let mut heard = Vec::new();
            for event in &given {
                subscribers.publish(Arc::clone(event));
                heard.push(subscribers.news(fast));
            }
            heard
        });
        for (event, got) in all.iter().zip(got) {
            let expected = news(0, &[Arc::clone(event)]);
            told(
                scene,
                key,
                "One who asks after every event",
                &got,
                &expected,
            );
        }
    });
}
