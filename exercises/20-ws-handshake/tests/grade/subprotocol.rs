use super::{LESSON, among_others, answers, in_another_case, lines, named};
use peer::Scene;
use ws_handshake_exercises::subprotocol::{Refused, choose, chosen};

const NAME: &str = "Sec-WebSocket-Protocol";
const NONE: &str = "no Sec-WebSocket-Protocol";

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

/// Lets the student's server choose, for a request with these fields, and others.
fn chooses(
    scene: &Scene,
    spoken: &[&str],
    list: &[(&str, &str)],
    expected: Option<&str>,
    hint: &str,
) {
    let fields = among_others(scene, list);
    let mut asked = vec![format!("the server speaks: {}", spoken.join(", "))];
    asked.extend(lines(&fields));
    let (given, expected) = (owned(spoken), expected.map(str::to_string));
    let code = move || choose(&fields, &given);
    let Some(got) = answers(scene, &asked, code, &expected) else {
        return;
    };
    scene.check(false, hint, || {
        let (spoken, list) = (spoken.join(" and "), named(list, NONE));
        format!(
            "The server speaks {spoken}. With {list}, choose() returned {got:?}; {expected:?} was expected."
        )
    });
}

/// Lets the student's client look at an answer with these fields, and others.
fn takes(
    scene: &Scene,
    offered: &[&str],
    list: &[(&str, &str)],
    expected: Result<Option<&str>, Refused>,
    hint: &str,
) {
    let fields = among_others(scene, list);
    let mut asked = vec![format!("the client has offered: {}", offered.join(", "))];
    asked.extend(lines(&fields));
    let given = owned(offered);
    let expected = expected.map(|name| name.map(str::to_string));
    let code = move || chosen(&given, &fields);
    let Some(got) = answers(scene, &asked, code, &expected) else {
        return;
    };
    scene.check(false, hint, || {
        let (offered, list) = (offered.join(" and "), named(list, NONE));
        format!(
            "The client offered {offered}. With {list}, chosen() returned {got:?}; {expected:?} was expected."
        )
    });
}

/// Names of subprotocols that nobody can guess, all different.
fn names(scene: &Scene) -> [String; 4] {
    ["chat", "feed", "game", "file"].map(|kind| format!("{kind}.{}", scene.random_letters(4)))
}

#[test]
fn server_chooses_the_one_that_both_speak() {
    LESSON.grade("subprotocol", |scene| {
        let [a, b, c, _] = &names(scene);
        let lowercase = NAME.to_lowercase();
        for name in [NAME, &lowercase] {
            chooses(scene, &[a], &[(name, a)], Some(a), "one-that-both-speak");
            chooses(scene, &[a, b], &[(name, b)], Some(b), "one-that-both-speak");
        }
        let list = format!("{c}, {b}");
        chooses(
            scene,
            &[a, b],
            &[(NAME, &list)],
            Some(b),
            "one-that-both-speak",
        );
    });
}

#[test]
fn server_chooses_nothing_when_they_have_nothing_in_common() {
    LESSON.grade("subprotocol", |scene| {
        let [a, b, c, d] = &names(scene);
        let hint = "nothing-in-common";
        chooses(scene, &[a, b], &[], None, hint);
        chooses(scene, &[a, b], &[(NAME, c)], None, hint);
        let list = format!("{c}, {d}");
        chooses(scene, &[a, b], &[(NAME, &list)], None, hint);
        chooses(scene, &[a, b], &[(NAME, "")], None, hint);
        chooses(scene, &[], &[(NAME, a)], None, hint);
    });
}

#[test]
fn server_chooses_what_it_likes_best() {
    LESSON.grade("subprotocol", |scene| {
        let [a, b, c, d] = &names(scene);
        for list in [
            format!("{b}, {a}"),
            format!("{a}, {b}"),
            format!("{d}, {c}, {b}, {a}"),
        ] {
            let spoken = [a.as_str(), b, c];
            chooses(scene, &spoken, &[(NAME, &list)], Some(a), "servers-choice");
        }
    });
}

#[test]
fn server_reads_the_whole_offer() {
    LESSON.grade("subprotocol", |scene| {
        let [a, b, c, d] = &names(scene);
        let hint = "whole-offer";
        for list in [
            format!("{b},{a}"),
            format!("{b} ,\t{a} ,{c}"),
            format!(",, {b} ,,{a},"),
            format!("  {a}\t"),
        ] {
            chooses(scene, &[d, a], &[(NAME, &list)], Some(a), hint);
        }
        let list = format!("{b}, {d}");
        let fields = [(NAME, c.as_str()), ("sec-websocket-protocol", &list)];
        chooses(scene, &[a, d], &fields, Some(d), hint);
        chooses(scene, &[a, c], &fields, Some(c), hint);
    });
}

#[test]
fn server_takes_no_name_for_another() {
    LESSON.grade("subprotocol", |scene| {
        let [a, _, _, _] = &names(scene);
        for name in [
            format!("{a}2"),
            format!("x{a}"),
            a[..a.len() - 1].to_string(),
            a.to_uppercase(),
            in_another_case(scene, a),
            format!("\"{a}\""),
            format!("{a}; q=1"),
        ] {
            chooses(scene, &[a], &[(NAME, &name)], None, "whole-name");
        }
    });
}

#[test]
fn client_takes_what_it_has_offered() {
    LESSON.grade("subprotocol", |scene| {
        let [a, b, c, _] = &names(scene);
        let offered = [a.as_str(), b, c];
        let hint = "take-the-answer";
        for name in offered {
            takes(scene, &offered, &[(NAME, name)], Ok(Some(name)), hint);
        }
        let name = NAME.to_uppercase();
        takes(scene, &[a], &[(&name, a)], Ok(Some(a)), hint);
    });
}

#[test]
fn client_lets_the_server_say_nothing() {
    LESSON.grade("subprotocol", |scene| {
        let [a, b, _, _] = &names(scene);
        takes(scene, &[a, b], &[], Ok(None), "silence-is-an-answer");
        takes(scene, &[], &[], Ok(None), "silence-is-an-answer");
    });
}

#[test]
fn client_refuses_what_it_has_not_offered() {
    LESSON.grade("subprotocol", |scene| {
        let [a, b, c, _] = &names(scene);
        let hint = "only-what-was-offered";
        takes(scene, &[a, b], &[(NAME, c)], Err(Refused), hint);
        takes(scene, &[], &[(NAME, c)], Err(Refused), hint);
        for name in [
            a.to_uppercase(),
            in_another_case(scene, a),
            format!("{a}2"),
            a[..4].to_string(),
            String::new(),
        ] {
            takes(scene, &[a, b], &[(NAME, &name)], Err(Refused), hint);
        }
    });
}

#[test]
fn client_refuses_two_choices() {
    LESSON.grade("subprotocol", |scene| {
        let [a, b, c, _] = &names(scene);
        let offered = [a.as_str(), b];
        for list in [format!("{a}, {b}"), format!("{a},{a}"), format!("{a},")] {
            takes(
                scene,
                &offered,
                &[(NAME, &list)],
                Err(Refused),
                "one-choice",
            );
        }
        for (first, second) in [(a, b), (b, c), (c, b), (a, a)] {
            let both = [(NAME, first.as_str()), ("sec-websocket-protocol", second)];
            takes(scene, &offered, &both, Err(Refused), "one-choice");
        }
    });
}
