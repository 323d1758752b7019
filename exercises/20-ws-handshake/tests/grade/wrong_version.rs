use super::{LESSON, among_others, answers, in_another_case, lines, named};
use peer::Scene;
use ws_handshake_exercises::wrong_version::check_version;

const NAME: &str = "Sec-WebSocket-Version";
const NONE: &str = "no Sec-WebSocket-Version";

/// Asks the student's function about a request with these fields, and others.
fn says(scene: &Scene, list: &[(&str, &str)], expected: Result<(), u16>, hint: &str) {
    let fields = among_others(scene, list);
    let asked = lines(&fields);
    let code = move || check_version(&fields).map_err(|response| response.status);
    let Some(got) = answers(scene, &asked, code, &expected) else {
        return;
    };
    let hint = match (got, expected) {
        (Err(_), Err(_)) => "status-426",
        _ => hint,
    };
    let said = |answer| match answer {
        Ok(()) => "Ok(())".to_string(),
        Err(status) => format!("a response with the status {status}"),
    };
    scene.check(false, hint, || {
        let (list, got, expected) = (named(list, NONE), said(got), said(expected));
        format!("With {list}, check_version() returned {got}; expected was {expected}.")
    });
}

fn accepts(scene: &Scene, list: &[(&str, &str)], hint: &str) {
    says(scene, list, Ok(()), hint);
}

fn refuses(scene: &Scene, list: &[(&str, &str)], hint: &str) {
    says(scene, list, Err(426), hint);
}

#[test]
fn accepts_thirteen() {
    LESSON.grade("wrong_version", |scene| {
        accepts(scene, &[(NAME, "13")], "thirteen-is-right");
    });
}

#[test]
fn refuses_another_version_with_426() {
    LESSON.grade("wrong_version", |scene| {
        let above = scene.random().u32(14..100).to_string();
        for version in ["8", "12", "14", "0", &above] {
            refuses(scene, &[(NAME, version)], "another-version");
        }
    });
}

#[test]
fn says_which_version_would_be_right() {
    LESSON.grade("wrong_version", |scene| {
        let fields = among_others(scene, &[(NAME, "8")]);
        let answer = scene.run("your function", move || check_version(&fields));
        let got = answer.join(|_| "never-returns");
        scene.check(got.is_err(), "another-version", || {
            "With version 8, check_version() returned Ok(()).".to_string()
        });
        let fields = got.err().map_or(Vec::new(), |response| response.fields);
        for (name, value) in &fields {
            scene.note(format!("in your response: {name}: {value}"));
        }
        let lacks = |wanted: &str, value: &str, hint: &str| {
            let of_name = fields
                .iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
            let found: Vec<_> = of_name.collect();
            let good = matches!(found[..], [(_, found)] if found.eq_ignore_ascii_case(value));
            scene.check(good, hint, || {
                format!("Your 426 does not say \"{wanted}: {value}\", once.")
            });
        };
        lacks(NAME, "13", "name-the-version");
        lacks("Upgrade", "websocket", "name-the-protocol");
        lacks("Connection", "Upgrade", "name-the-protocol");
    });
}

#[test]
fn finds_the_field_in_any_case() {
    LESSON.grade("wrong_version", |scene| {
        for name in [
            NAME.to_lowercase(),
            NAME.to_uppercase(),
            in_another_case(scene, NAME),
        ] {
            accepts(scene, &[(&name, "13")], "names-in-any-case");
        }
    });
}

#[test]
fn refuses_a_request_without_version() {
    LESSON.grade("wrong_version", |scene| {
        refuses(scene, &[], "no-version");
        refuses(scene, &[("X-WebSocket-Version", "13")], "no-version");
    });
}

#[test]
fn refuses_what_only_looks_like_thirteen() {
    LESSON.grade("wrong_version", |scene| {
        for version in [
            "+13",
            "013",
            "13.0",
            "8, 13",
            "13, 8",
            "13;",
            "130",
            "113",
            "1",
            "0x0d",
            "thirteen",
            "",
            "-1",
            "269",
            "4294967309",
        ] {
            refuses(scene, &[(NAME, version)], "text-not-number");
        }
    });
}

#[test]
fn refuses_two_versions() {
    LESSON.grade("wrong_version", |scene| {
        for (first, second) in [("13", "8"), ("8", "13"), ("13", "13")] {
            let both = [(NAME, first), ("sec-websocket-version", second)];
            refuses(scene, &both, "one-version");
        }
    });
}
