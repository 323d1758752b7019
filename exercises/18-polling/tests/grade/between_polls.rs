use super::{LESSON, Wrong, good, must, probe};
use peer::Scene;
use polling_exercises::between_polls::{Client, Event, Part};
use std::io::{self, ErrorKind};

/// Answers of the test with many.
const ROUNDS: usize = 300;

/// Events that an answer brings at most.
const MOST: usize = 6;

/// Throws of the dice for one answer, at most.
const THROWS: usize = 10;

/// Lines of the ladder that are kept.
const TOLD: usize = 16;

/// A server that loses nothing, a connection that may, and what was delivered.
struct Play {
    client: Client,
    /// Everything that happened.
    events: Vec<Event>,
    /// The number of the last event, also of those that are not for this client.
    last: u64,
    /// Numbers, as they were delivered.
    delivered: Vec<u64>,
    told: Vec<String>,
}

/// What is wrong with one answer.
#[derive(Clone, Copy, Default)]
struct Trouble {
    /// Parts that come before the connection breaks.
    breaks_after: Option<usize>,
    /// It ends instead: no error.
    only_ends: bool,
    /// Events that can be delivered before the disk is full.
    full_after: Option<usize>,
}

impl Play {
    /// `count` events happened. `gap` more than that for other clients, after each of them.
    fn new(scene: &Scene, count: u64, gap: u64) -> Play {
        let mut play = Play {
            client: Client::new(),
            events: Vec::new(),
            last: 0,
            delivered: Vec::new(),
            told: Vec::new(),
        };
        let texts: Vec<String> = (0..count).map(|_| scene.random_letters(4)).collect();
        texts.into_iter().for_each(|text| play.happens(text, gap));
        play
    }

    fn happens(&mut self, text: String, gap: u64) {
        let id = self.last + 1;
        self.events.push(Event { id, text });
        self.last = id + gap;
    }

    fn note(&mut self, line: String) {
        if self.told.len() == TOLD {
            self.told.remove(0);
        }
        self.told.push(line);
    }

    /// The server's answer to what the client asks now.
    fn answer(&mut self) -> Result<Vec<Part>, Wrong> {
        let request = self.client.request();
        self.note(request.clone());
        let cursor = request
            .rsplit('=')
            .next()
            .and_then(|text| text.parse().ok());
        let cursor: u64 = cursor.unwrap_or(0);
        must(cursor <= self.last, "cursor-moves-too-early", || {
            format!("Your client asked with {request:?}. So much has never happened.")
        })?;
        let behind: Vec<&Event> = self
            .events
            .iter()
            .filter(|event| event.id > cursor)
            .collect();
        let events = &behind[..behind.len().min(MOST)];
        let cursor = match events.last() {
            Some(event) if events.len() < behind.len() => event.id,
            _ => self.last,
        };
        let events = events.iter().map(|event| Part::Event((*event).clone()));
        let parts = [Part::Cursor(cursor)].into_iter().chain(events);
        Ok(parts.chain([Part::End]).collect())
    }

    /// Gives an answer to the client.
    fn take(&mut self, answer: &[Part], trouble: Trouble) -> io::Result<()> {
        let mut parts: Vec<io::Result<Part>> = answer.iter().cloned().map(Ok).collect();
        if let Some(count) = trouble.breaks_after {
            parts.truncate(count);
            if !trouble.only_ends {
                parts.push(Err(ErrorKind::ConnectionReset.into()));
            }
        }
        let how = match (trouble.breaks_after, trouble.only_ends) {
            (None, _) => "End",
            (_, true) => "then the stream ends",
            _ => "then the connection breaks",
        };
        let shown = answer
            .iter()
            .take(trouble.breaks_after.unwrap_or(answer.len()));
        let (mut head, mut ids) = (Vec::new(), Vec::new());
        for part in shown {
            match part {
                Part::Cursor(cursor) => head.push(format!("cursor {cursor}")),
                Part::Event(event) => ids.push(event.id),
                Part::End => {}
            }
        }
        if !ids.is_empty() {
            head.push(format!("events {ids:?}"));
        }
        head.push(how.to_string());
        self.note(format!("  answer: {}", head.join(", ")));
        let mut now = Vec::new();
        let result = self.client.take(parts, |event| {
            if trouble.full_after == Some(now.len()) {
                return Err(ErrorKind::StorageFull.into());
            }
            now.push(event.id);
            Ok(())
        });
        let full = match trouble.full_after {
            Some(count) if count == now.len() => ", then the disk is full",
            _ => "",
        };
        let said = match &result {
            Ok(()) => "Ok".to_string(),
            Err(error) => format!("Err({:?})", error.kind()),
        };
        self.note(format!("  delivered: {now:?}{full}"));
        self.note(format!("  take returned {said}"));
        self.delivered.extend(now);
        result
    }

    /// Asks, and takes the answer.
    fn poll(&mut self, trouble: Trouble) -> Result<io::Result<()>, Wrong> {
        let answer = self.answer()?;
        Ok(self.take(&answer, trouble))
    }

    /// The first events were delivered in order, up to the last one that was: none is missing, and
    /// none came twice. `all`: and that is all of them.
    fn once(&self, all: bool, lost: &'static str, twice: &'static str) -> Result<(), Wrong> {
        for (nth, id) in self.delivered.iter().enumerate() {
            let event = self.events[nth.min(self.events.len() - 1)].id;
            let again = self.delivered[..nth].contains(id);
            must(!again, twice, || format!("Event {id} was delivered twice."))?;
            must(*id == event, lost, || {
                format!("Event {id} was delivered, and event {event} was not: it is lost.")
            })?;
        }
        let missing = self.events.get(self.delivered.len()).filter(|_| all);
        must(missing.is_none(), lost, || {
            let id = missing.map_or(0, |event| event.id);
            format!("Your client has asked for everything, and event {id} was not delivered.")
        })
    }
}

/// Plays with the student's client, in a thread of its own.
fn play(
    scene: &Scene,
    (count, gap): (u64, u64),
    code: impl FnOnce(&mut Play) -> Result<(), Wrong> + Send + 'static,
) {
    let mut play = Play::new(scene, count, gap);
    let (told, outcome) = probe(
        scene,
        "your client",
        |_| "never-returns",
        move || {
            let outcome = code(&mut play);
            (play.told, outcome)
        },
    );
    if outcome.is_err() {
        told.into_iter().for_each(|line| scene.note(line));
    }
    good(scene, outcome);
}

/// A whole answer is taken.
fn taken(result: io::Result<()>, key: &'static str) -> Result<(), Wrong> {
    must(result.is_ok(), key, || {
        let error = result.as_ref().map_err(io::Error::kind);
        format!(
            "The answer was whole, every event could be delivered, and take returned {error:?}."
        )
    })
}

#[test]
fn delivers_what_an_answer_brings() {
    LESSON.grade("between_polls", |scene| {
        let count = scene.random().u64(3..6);
        play(scene, (count, 0), |play| {
            let result = play.poll(Trouble::default())?;
            play.once(true, "delivers-events", "delivers-events")?;
            taken(result, "delivers-events")
        });
    });
}

#[test]
fn the_next_answer_goes_on_where_this_one_ended() {
    LESSON.grade("between_polls", |scene| {
        let texts: Vec<String> = (0..3).map(|_| scene.random_letters(4)).collect();
        play(scene, (2, 0), |play| {
            for text in texts {
                taken(play.poll(Trouble::default())?, "delivers-events")?;
                play.happens(text, 0);
            }
            taken(play.poll(Trouble::default())?, "delivers-events")?;
            play.once(true, "cursor-moves-too-early", "cursor-stays")
        });
    });
}

#[test]
fn an_answer_that_breaks_off_loses_nothing_and_repeats_nothing() {
    LESSON.grade("between_polls", |scene| {
        for breaks_after in 1..=5 {
            play(scene, (4, 0), move |play| {
                let breaks = Trouble {
                    breaks_after: Some(breaks_after),
                    ..Trouble::default()
                };
                let broken = play.poll(breaks)?;
                taken(play.poll(Trouble::default())?, "delivers-events")?;
                play.once(true, "cursor-moves-too-early", "comes-again")?;
                let broken = broken.map_err(|error| error.kind());
                let good = broken == Err(ErrorKind::ConnectionReset);
                must(good, "a-broken-answer-is-an-error", || {
                    format!("The connection broke with ConnectionReset in the middle of an answer, and take returned {broken:?}.")
                })
            });
        }
    });
}

#[test]
fn an_answer_without_its_end_is_not_whole() {
    LESSON.grade("between_polls", |scene| {
        for breaks_after in 0..=5 {
            play(scene, (4, 0), move |play| {
                let ends = Trouble {
                    breaks_after: Some(breaks_after),
                    only_ends: true,
                    ..Trouble::default()
                };
                let result = play.poll(ends)?.map_err(|error| error.kind());
                taken(play.poll(Trouble::default())?, "delivers-events")?;
                play.once(true, "the-end-must-be-said", "comes-again")?;
                let good = result == Err(ErrorKind::UnexpectedEof);
                must(good, "the-end-must-be-said", || {
                    format!(
                        "The stream ended before Part::End, and take returned {result:?}; Err(UnexpectedEof) was expected."
                    )
                })
            });
        }
    });
}

#[test]
fn an_answer_that_comes_again_or_late_changes_nothing() {
    LESSON.grade("between_polls", |scene| {
        let text = scene.random_letters(4);
        play(scene, (3, 0), |play| {
            let old = play.answer()?;
            taken(play.take(&old, Trouble::default()), "delivers-events")?;
            play.note("the same answer comes again".to_string());
            let result = play.take(&old, Trouble::default());
            play.once(true, "delivers-events", "the-same-answer-again")?;
            taken(result, "the-same-answer-again")?;
            play.happens(text, 0);
            taken(play.poll(Trouble::default())?, "delivers-events")?;
            play.once(true, "delivers-events", "the-same-answer-again")?;
            play.note("and once more, late".to_string());
            taken(play.take(&old, Trouble::default()), "the-same-answer-again")?;
            let (before, last) = (play.client.request(), play.last);
            must(before.ends_with(&format!("={last}")), "cursor-goes-back", || {
                format!("Your client had everything up to {last}. An old answer came, and now it asks with {before:?}.")
            })
        });
    });
}

#[test]
fn the_cursor_of_a_whole_answer_counts() {
    LESSON.grade("between_polls", |scene| {
        let gap = scene.random().u64(2..30);
        play(scene, (3, gap), move |play| {
            for _ in 0..2 {
                taken(play.poll(Trouble::default())?, "delivers-events")?;
                play.once(true, "numbers-have-gaps", "numbers-have-gaps")?;
                let (request, last) = (play.client.request(), play.last);
                let cursor = request.rsplit('=').next().and_then(|text| text.parse().ok());
                let delivered = play.delivered.last().copied();
                must(cursor >= delivered, "numbers-have-gaps", || {
                    let id = delivered.unwrap_or(0);
                    format!(
                        "The last event that was delivered has number {id}, and now your client asks with {request:?}."
                    )
                })?;
                must(cursor == Some(last), "the-cursor-of-the-answer", || {
                    format!(
                        "The answer was whole and said: cursor {last}. Now your client asks with {request:?}. Behind its cursor are events that are not for it, and one day they are too old."
                    )
                })?;
                // Nothing new for this client, and much for others.
                play.last += gap;
            }
            Ok(())
        });
    });
}

#[test]
fn what_could_not_be_delivered_comes_with_the_next_answer() {
    LESSON.grade("between_polls", |scene| {
        for full_after in 0..4 {
            play(scene, (4, 0), move |play| {
                let full = Trouble {
                    full_after: Some(full_after),
                    ..Trouble::default()
                };
                let result = play.poll(full)?.map_err(|error| error.kind());
                taken(play.poll(Trouble::default())?, "first-delivered-then-moved")?;
                let key = "first-delivered-then-moved";
                play.once(true, key, "comes-again")?;
                must(result == Err(ErrorKind::StorageFull), key, || {
                    format!("deliver failed with StorageFull, and take returned {result:?}.")
                })
            });
        }
    });
}

#[test]
fn all_that_happens_comes_once_whatever_goes_wrong() {
    LESSON.grade("between_polls", |scene| {
        let mut dice = scene.random_bytes(ROUNDS * THROWS).into_iter();
        play(scene, (5, 0), move |play| {
            let mut below = |limit| usize::from(dice.next().unwrap_or(0)) % limit;
            let mut old = Vec::new();
            for _ in 0..ROUNDS {
                for _ in 0..below(3) {
                    play.happens("x".to_string(), below(3) as u64);
                }
                let answer = play.answer()?;
                let trouble = Trouble {
                    breaks_after: Some(below(2 * answer.len())).filter(|at| *at < answer.len()),
                    only_ends: below(2) == 0,
                    full_after: Some(below(10)).filter(|count| *count < 3),
                };
                let _ = play.take(&answer, trouble);
                if below(4) == 0 {
                    let _ = play.take(&old, Trouble::default());
                }
                old = answer;
                play.once(false, "cursor-moves-too-early", "comes-again")?;
            }
            // As many answers as it takes, and no more.
            for _ in 0..=play.events.len().div_ceil(MOST) {
                taken(play.poll(Trouble::default())?, "delivers-events")?;
            }
            play.once(true, "cursor-moves-too-early", "comes-again")
        });
    });
}
