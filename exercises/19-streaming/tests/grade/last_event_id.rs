use super::LESSON;
use peer::{Scene, caught};
use streaming_exercises::last_event_id::{Kept, Start, start};

/// What a client says: the field `Last-Event-ID`, and `since` in the address.
type Said<'a> = (Option<&'a str>, Option<&'a str>);

/// Asks the student's function, and expects an answer.
fn begins(scene: &Scene, key: &str, kept: Kept, (field, since): Said, expected: Start) {
    let given = [field, since].map(|text| text.map(str::to_string));
    let code = move || caught(|| start(kept, given[0].as_deref(), given[1].as_deref()));
    let got = scene.run("your code", code).join(|_| "never-returns");
    let Kept { first, last } = kept;
    scene.note(match last >= first {
        true => format!("events {first} to {last} are kept"),
        false => format!("nothing is kept, and the next event is {first}"),
    });
    for (name, text) in [("Last-Event-ID: ", field), ("GET /events?since=", since)] {
        if let Some(text) = text {
            scene.note(format!("    {name}{text}"));
        }
    }
    let said = match &got {
        Ok(got) => format!("start() returned {got:?}"),
        Err(panic) => format!("start() panicked: {panic}"),
    };
    scene.note(format!("    {said}"));
    scene.check(got == Ok(expected), key, || {
        format!("{said}; {expected:?} was expected.")
    });
}

/// Some events; the numbers begin late enough for a past.
fn kept(scene: &Scene) -> Kept {
    let first = scene.random().u64(10..1000);
    let last = first + scene.random().u64(5..50);
    Kept { first, last }
}

#[test]
fn goes_on_behind_the_event_of_the_field() {
    LESSON.grade("last_event_id", |scene| {
        let kept = kept(scene);
        for seen in [kept.first + 2, kept.last - 1, kept.last, kept.first] {
            let text = seen.to_string();
            let said = (Some(text.as_str()), None);
            begins(scene, "behind-the-last-one", kept, said, Start::After(seen));
        }
    });
}

#[test]
fn begins_now_for_a_client_that_says_nothing() {
    LESSON.grade("last_event_id", |scene| {
        let kept = kept(scene);
        let now = Start::After(kept.last);
        begins(scene, "from-now-on", kept, (None, None), now);
    });
}

#[test]
fn goes_on_behind_the_event_of_the_address() {
    LESSON.grade("last_event_id", |scene| {
        let kept = kept(scene);
        let seen = kept.first + 1;
        let text = seen.to_string();
        let said = (None, Some(text.as_str()));
        begins(scene, "since-counts-too", kept, said, Start::After(seen));
    });
}

#[test]
fn believes_the_field_and_not_the_address() {
    LESSON.grade("last_event_id", |scene| {
        let kept = kept(scene);
        let (early, late) = (kept.first + 1, kept.last - 1);
        for (field, since) in [(late, early), (early, late)] {
            let (said_field, said_since) = (field.to_string(), since.to_string());
            let said = (Some(said_field.as_str()), Some(said_since.as_str()));
            begins(scene, "the-field-wins", kept, said, Start::After(field));
        }
    });
}

#[test]
fn says_so_when_events_are_gone() {
    LESSON.grade("last_event_id", |scene| {
        let kept = kept(scene);
        for seen in [0, kept.first / 2, kept.first - 2] {
            let text = seen.to_string();
            for said in [(Some(text.as_str()), None), (None, Some(text.as_str()))] {
                let missed = Start::Missed(kept.first - 1);
                begins(scene, "say-what-is-missing", kept, said, missed);
            }
        }
    });
}

#[test]
fn misses_nothing_when_the_next_event_is_the_oldest() {
    LESSON.grade("last_event_id", |scene| {
        let kept = kept(scene);
        let seen = kept.first - 1;
        let text = seen.to_string();
        let said = (Some(text.as_str()), None);
        begins(
            scene,
            "nothing-is-missing-yet",
            kept,
            said,
            Start::After(seen),
        );
        let all = Kept { first: 1, last: 9 };
        let said = (Some("0"), None);
        begins(scene, "nothing-is-missing-yet", all, said, Start::After(0));
    });
}

#[test]
fn begins_anew_for_a_client_of_another_life() {
    LESSON.grade("last_event_id", |scene| {
        let kept = kept(scene);
        for seen in [kept.last + 1, kept.last + 1000, u64::MAX] {
            let text = seen.to_string();
            let said = (Some(text.as_str()), None);
            let missed = Start::Missed(kept.first - 1);
            begins(scene, "of-another-life", kept, said, missed);
        }
    });
}

#[test]
fn knows_what_to_do_when_nothing_is_kept() {
    LESSON.grade("last_event_id", |scene| {
        let key = "nothing-is-kept";
        let last = scene.random().u64(5..50);
        let later = Kept {
            first: last + 1,
            last,
        };
        let text = last.to_string();
        let said = (Some(text.as_str()), None);
        begins(scene, key, later, said, Start::After(last));
        begins(scene, key, later, (None, None), Start::After(last));
        let said = (Some("3"), None);
        begins(scene, key, later, said, Start::Missed(last));
        let new = Kept { first: 1, last: 0 };
        begins(scene, key, new, (None, None), Start::After(0));
        begins(scene, key, new, (Some("0"), None), Start::After(0));
        begins(scene, key, new, (Some("7"), None), Start::Missed(0));
    });
}

#[test]
fn refuses_what_is_no_number() {
    LESSON.grade("last_event_id", |scene| {
        let kept = kept(scene);
        let good = (kept.first + 1).to_string();
        let word = scene.random_letters(4);
        for bad in [word.as_str(), "-1", "7 8", "18446744073709551616"] {
            for said in [
                (Some(bad), None),
                (None, Some(bad)),
                (Some(bad), Some(&*good)),
            ] {
                begins(scene, "no-number-no-answer", kept, said, Start::Refused);
            }
        }
    });
}
