//! Grades the exercises of lesson 20.

use peer::{Lesson, Scene, caught};
use std::fmt::Debug;

mod accept_key;
mod allowed_origins;
mod bytes_behind_the_head;
mod subprotocol;
mod token_list;
mod wrong_version;

static LESSON: Lesson = Lesson::new("20-ws-handshake", include_str!("../../exercises.toml"));

/// Names and values, as the student's functions get them.
type Fields = Vec<(String, String)>;

fn fields(list: &[(&str, &str)]) -> Fields {
    let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    list.iter().map(owned).collect()
}

/// `list` in its order, with fields around and between that have nothing to do with it.
fn among_others(scene: &Scene, list: &[(&str, &str)]) -> Fields {
    let mut fields = fields(list);
    for _ in 0..2 {
        let name = format!("X-{}", scene.random_letters(5));
        let value = scene.random_letters(7);
        let place = scene.random().usize(..=fields.len());
        fields.insert(place, (name, value));
    }
    fields
}

/// `text` with small and capital letters as chance wills, but not as it was.
fn in_another_case(scene: &Scene, text: &str) -> String {
    loop {
        let letter = |letter: char| match scene.random().bool() {
            true => letter.to_ascii_uppercase(),
            false => letter.to_ascii_lowercase(),
        };
        let other: String = text.chars().map(letter).collect();
        if other != text {
            return other;
        }
    }
}

/// Lets the student's code answer, and returns its answer when that is not the `expected` one. A panic is
/// told here.
fn answers<T>(
    scene: &Scene,
    asked: &[String],
    code: impl FnOnce() -> T + Send + 'static,
    expected: &T,
) -> Option<T>
where
    T: Debug + PartialEq + Send + 'static,
{
    let answer = scene.run("your function", move || caught(code));
    let got = answer.join(|_| "never-returns");
    if got.as_ref() == Ok(expected) {
        return None;
    }
    for line in asked {
        scene.note(line);
    }
    match got {
        Ok(got) => Some(got),
        Err(panic) => {
            scene.check(false, "panicked", || format!("Your code panicked: {panic}"));
            None
        }
    }
}

/// A head's fields, as lines for the ladder.
fn lines(fields: &Fields) -> Vec<String> {
    fields
        .iter()
        .map(|(name, value)| line(name, value))
        .collect()
}

/// A field as it stands in a head; what nobody could see in it is written as Rust does.
fn line(name: &str, value: &str) -> String {
    let value = value.replace('\t', "\\t");
    format!("{name}: {value}")
}

/// The fields that a verdict is about, for its sentence; `none` when there are none.
fn named(list: &[(&str, &str)], none: &str) -> String {
    match list {
        [] => none.to_string(),
        list => {
            let fields: Vec<String> = list
                .iter()
                .map(|(name, value)| format!("\"{}\"", line(name, value)))
                .collect();
            fields.join(" and ")
        }
    }
}
