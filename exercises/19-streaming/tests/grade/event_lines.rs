use super::{Heard, LESSON, browser, shown};
use peer::Scene;
use streaming_exercises::event_lines::{Refused, encode};

/// Lets the student's encoder write an event, and expects that a browser hears it: the same, and
/// nothing else, with another event behind it.
fn arrives(scene: &Scene, key: &str, id: Option<u64>, name: Option<&str>, data: &str) {
    let (given, named) = (data.to_string(), name.map(str::to_string));
    let encoder = scene.run("your encoder", move || encode(id, named.as_deref(), &given));
    let written = encoder.join(|_| "never-returns");
    let text = shown(data.as_bytes());
    scene.note(format!("encode({id:?}, {name:?}, \"{text}\")"));
    let Ok(written) = written else {
        scene.check(false, key, || {
            format!("encode() refused the text \"{text}\"; it can be written.")
        });
        return;
    };
    for line in written.split_inclusive('\n') {
        scene.note(format!("    {}", shown(line.as_bytes())));
    }
    let event = |name: &str, data: &str| Heard {
        name: name.to_string(),
        data: data.replace("\r\n", "\n").replace('\r', "\n"),
    };
    let expected = event(name.unwrap_or("message"), data);
    let next = event("message", "the next event");
    let heard = browser(format!("{written}data: the next event\n\n").as_bytes());
    // Where the next one is heard as it should be, the sentence does not tell of it.
    let (who, alone) = match heard.heard.split_last() {
        Some((last, alone)) if *last == next => ("A browser", alone),
        _ => ("With another event behind it, a browser", &heard.heard[..]),
    };
    let good = heard.heard == [expected.clone(), next];
    scene.check(good, key, || {
        format!("{who} hears {alone:?}; [{expected:?}] was expected.")
    });
    let wanted = id.map_or(String::new(), |id| id.to_string());
    scene.check(heard.ids[0] == wanted, key, || {
        format!(
            "The browser takes \"{}\" for the id; \"{wanted}\" was expected.",
            heard.ids[0]
        )
    });
}

#[test]
fn writes_one_line_of_text() {
    LESSON.grade("event_lines", |scene| {
        let text = scene.random_letters(6);
        arrives(scene, "a-blank-line-ends-it", None, None, &text);
    });
}

#[test]
fn writes_number_and_name() {
    LESSON.grade("event_lines", |scene| {
        let id = scene.random().u64(..);
        let (name, text) = (scene.random_letters(4), scene.random_letters(5));
        arrives(scene, "a-field-for-each", Some(id), None, &text);
        arrives(scene, "a-field-for-each", None, Some(&name), &text);
        arrives(scene, "a-field-for-each", Some(0), Some(&name), &text);
    });
}

#[test]
fn writes_each_line_into_a_field_of_its_own() {
    LESSON.grade("event_lines", |scene| {
        let key = "a-field-for-each-line";
        let (first, last) = (scene.random_letters(4), scene.random_letters(5));
        arrives(scene, key, Some(3), None, &format!("{first}\n{last}"));
        let looks_like_fields = format!("{first}\nid: 99\ndata: {last}\nevent: x\n:{last}");
        arrives(scene, key, Some(4), None, &looks_like_fields);
    });
}

#[test]
fn keeps_lines_with_nothing_in_them() {
    LESSON.grade("event_lines", |scene| {
        let word = scene.random_letters(4);
        for text in [
            format!("{word}\n\n{word}"),
            format!("{word}\n"),
            format!("\n{word}"),
            "\n\n".to_string(),
        ] {
            arrives(scene, "empty-lines-are-lines", None, None, &text);
        }
    });
}

#[test]
fn writes_an_event_without_text() {
    LESSON.grade("event_lines", |scene| {
        let name = scene.random_letters(4);
        arrives(scene, "no-data-no-event", Some(1), Some(&name), "");
    });
}

#[test]
fn knows_all_three_line_ends() {
    LESSON.grade("event_lines", |scene| {
        let (first, last) = (scene.random_letters(4), scene.random_letters(5));
        for end in ["\r\n", "\r", "\n\r", "\r\n\r\n", "\r\r\n"] {
            let text = format!("{first}{end}{last}{end}");
            arrives(scene, "three-line-ends", Some(5), None, &text);
        }
    });
}

#[test]
fn keeps_what_a_text_begins_with() {
    LESSON.grade("event_lines", |scene| {
        let word = scene.random_letters(4);
        for text in [
            format!(" {word} "),
            format!("  {word}\n {word}"),
            format!(":{word}"),
        ] {
            arrives(scene, "one-space-is-taken-away", None, None, &text);
        }
    });
}

#[test]
fn refuses_a_name_with_a_line_end() {
    LESSON.grade("event_lines", |scene| {
        let word = scene.random_letters(4);
        for end in ["\n", "\r", "\r\n"] {
            let name = format!("{word}{end}data: forged");
            let given = name.clone();
            let encoder = scene.run("your encoder", move || encode(None, Some(&given), "text"));
            let written = encoder.join(|_| "never-returns");
            scene.check(written == Err(Refused), "a-name-is-one-line", || {
                format!("The name was \"{}\", and encode() returned {written:?}; Err(Refused) was expected.", shown(name.as_bytes()))
            });
        }
    });
}
