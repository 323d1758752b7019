use super::{Heard, LESSON, browser, shown};
use peer::{Scene, caught};
use streaming_exercises::token_stream::{Answer, Ended};

/// What the student's code wrote for each token, and at the end.
type Written = Result<Vec<String>, String>;

/// How many of `bytes` make whole characters, or can make none whatever follows.
fn complete(bytes: &[u8]) -> usize {
    let end = bytes.utf8_chunks().last().map_or(&[][..], |c| c.invalid());
    let is_cut = str::from_utf8(end).is_err_and(|error| error.error_len().is_none());
    bytes.len() - if is_cut { end.len() } else { 0 }
}

/// Gives the tokens to the student's code, and expects what a page hears of each, and of the end.
/// `keys` are for the text and for the end.
fn answers(scene: &Scene, keys: [&'static str; 2], tokens: &[&[u8]], ended: Ended) {
    let given: Vec<Vec<u8>> = tokens.iter().map(|token| token.to_vec()).collect();
    let code = move || -> Written {
        caught(|| {
            let mut answer = Answer::new();
            let mut written: Vec<String> = given.iter().map(|token| answer.token(token)).collect();
            written.push(answer.end(ended));
            written
        })
    };
    let written = scene.run("your code", code).join(|_| "never-returns");
    // The ladder tells of the answer that was wrong only.
    let mut notes = Vec::new();
    if let Err((key, sentence)) = listen(&mut notes, keys, tokens, ended, written) {
        for note in notes {
            scene.note(note);
        }
        scene.check(false, key, || sentence);
    }
}

/// Listens as a page does. The first thing that it should not hear gives the hint and the sentence.
fn listen(
    notes: &mut Vec<String>,
    [key, end_key]: [&'static str; 2],
    tokens: &[&[u8]],
    ended: Ended,
    written: Written,
) -> Result<(), (&'static str, String)> {
    let written = written.map_err(|panic| (key, format!("Your code panicked: {panic}")))?;
    let mut arrived = Vec::new();
    let mut before = 0;
    for (token, written) in tokens.iter().zip(&written) {
        arrived.extend_from_slice(token);
        let now = complete(&arrived);
        let expected = String::from_utf8_lossy(&arrived[before..now]);
        before = now;
        let token = shown(token);
        notes.push(format!("token(\"{token}\")"));
        notes.push(format!("    \"{}\"", shown(written.as_bytes())));
        let heard = hears(key, written)?;
        let text: String = heard.iter().map(|event| event.data.as_str()).collect();
        let sentence = if heard.iter().any(|event| event.name != "message") {
            format!("A page hears {heard:?} of this token; text without a name was expected.")
        } else if text != expected {
            format!("A page hears {text:?} of the token \"{token}\"; {expected:?} was expected.")
        } else if heard.iter().any(|event| event.data.is_empty()) {
            let sentence = format!(
                "The token \"{token}\" completes no character, and a page hears an event without text."
            );
            return Err(("nothing-is-no-event", sentence));
        } else {
            continue;
        };
        return Err((key, sentence));
    }
    let last = written.last().map_or("", String::as_str);
    notes.push(format!("end({ended:?})"));
    notes.push(format!("    \"{}\"", shown(last.as_bytes())));
    let heard = hears(end_key, last)?;
    let event = |name: &str, data: &str| Heard {
        name: name.to_string(),
        data: data.to_string(),
    };
    let mut expected = Vec::new();
    if before < arrived.len() {
        expected.push(event("message", "\u{fffd}"));
    }
    expected.push(match ended {
        Ended::Complete => event("done", ""),
        Ended::Failed => event("failed", ""),
    });
    if heard != expected {
        let sentence = format!("At the end a page hears {heard:?}; {expected:?} was expected.");
        return Err((end_key, sentence));
    }
    Ok(())
}

/// What a page hears of what was written.
fn hears(key: &'static str, written: &str) -> Result<Vec<Heard>, (&'static str, String)> {
    let browser = browser(written.as_bytes());
    if browser.open {
        let written = shown(written.as_bytes());
        let sentence =
            format!("A page goes on waiting after \"{written}\": no blank line ends this event.");
        return Err((key, sentence));
    }
    Ok(browser.heard)
}

#[test]
fn makes_an_event_of_every_token_and_says_when_it_is_done() {
    LESSON.grade("token_stream", |scene| {
        let words = [(); 3].map(|()| scene.random_letters(4));
        let second = format!(" {}", words[1]);
        let tokens = [words[0].as_bytes(), second.as_bytes(), words[2].as_bytes()];
        let keys = ["an-event-for-each-token", "say-done"];
        answers(scene, keys, &tokens, Ended::Complete);
    });
}

#[test]
fn says_when_the_answer_broke_off() {
    LESSON.grade("token_stream", |scene| {
        let word = scene.random_letters(4);
        let keys = ["an-event-for-each-token", "failed-is-not-done"];
        answers(scene, keys, &[word.as_bytes()], Ended::Failed);
        answers(scene, keys, &[], Ended::Failed);
    });
}

#[test]
fn keeps_spaces_and_line_ends() {
    LESSON.grade("token_stream", |scene| {
        let word = scene.random_letters(4);
        let tokens = [word.as_bytes(), b"\n", b"\n\n", b"  ", b"- ", b"a\nid: 5\n"];
        answers(
            scene,
            ["the-text-as-it-is", "say-done"],
            &tokens,
            Ended::Complete,
        );
    });
}

#[test]
fn waits_for_the_rest_of_a_character() {
    LESSON.grade("token_stream", |scene| {
        let word = scene.random_letters(2);
        let text = format!("{word}안🙂é");
        let key = ["cut-characters", "say-done"];
        for at in 1..text.len() {
            let (first, second) = text.as_bytes().split_at(at);
            answers(scene, key, &[first, second], Ended::Complete);
        }
    });
}

#[test]
fn says_nothing_when_there_is_nothing_to_say() {
    LESSON.grade("token_stream", |scene| {
        let word = scene.random_letters(3);
        let bytes = format!("{word}한").into_bytes();
        let mut tokens: Vec<&[u8]> = bytes.chunks(1).collect();
        tokens.insert(2, b"");
        let keys = ["cut-characters", "say-done"];
        answers(scene, keys, &tokens, Ended::Complete);
    });
}

#[test]
fn goes_on_behind_bytes_that_are_no_text() {
    LESSON.grade("token_stream", |scene| {
        let word = scene.random_letters(3);
        let keys = ["wrong-bytes-pass", "say-done"];
        let tokens: [&[u8]; 7] = [
            b"a\xff",
            word.as_bytes(),
            // A character that breaks off, because another one begins.
            b"\xed\x95",
            b"b",
            b"\x80\x80c",
            // Behind a wrong byte, one that does not.
            b"\xff\xed\x95",
            b"\x9c",
        ];
        answers(scene, keys, &tokens, Ended::Complete);
    });
}

#[test]
fn sends_at_the_end_what_was_not_completed() {
    LESSON.grade("token_stream", |scene| {
        let word = scene.random_letters(3);
        for ended in [Ended::Complete, Ended::Failed] {
            let tokens: [&[u8]; 2] = [word.as_bytes(), b"a\xed\x95"];
            let keys = ["cut-characters", "the-rest-at-the-end"];
            answers(scene, keys, &tokens, ended);
        }
    });
}
