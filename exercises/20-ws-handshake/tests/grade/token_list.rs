use super::{Fields, LESSON, among_others, answers, in_another_case, lines, named};
use peer::Scene;
use ws_handshake_exercises::token_list::asks_for_websocket;

/// Asks the student's function about a request with these fields, and others.
fn asks(scene: &Scene, list: &[(&str, &str)], expected: bool, hint: &str) {
    asks_alone(scene, among_others(scene, list), list, expected, hint);
}

/// Asks about a request with exactly these fields.
fn asks_alone(scene: &Scene, fields: Fields, list: &[(&str, &str)], expected: bool, hint: &str) {
    let asked = lines(&fields);
    let code = move || asks_for_websocket(&fields);
    let got = answers(scene, &asked, code, &expected);
    scene.check(got.is_none(), hint, || {
        let list = named(list, "neither of the two");
        let got = !expected;
        format!("With {list}, asks_for_websocket() returned {got}; {expected} was expected.")
    });
}

#[test]
fn finds_tokens_that_stand_alone() {
    LESSON.grade("token_list", |scene| {
        let (upgrade, connection) = (("Upgrade", "websocket"), ("Connection", "Upgrade"));
        asks(scene, &[upgrade, connection], true, "plain-request");
        asks(scene, &[connection, upgrade], true, "plain-request");
    });
}

#[test]
fn needs_both_fields() {
    LESSON.grade("token_list", |scene| {
        let hint = "both-fields";
        asks(scene, &[], false, hint);
        asks(scene, &[("Upgrade", "websocket")], false, hint);
        asks(scene, &[("Connection", "Upgrade")], false, hint);
        let lists = [
            [("Upgrade", "websocket"), ("Connection", "keep-alive")],
            [("Upgrade", "h2c"), ("Connection", "Upgrade")],
            [("Upgrade", "Upgrade"), ("Connection", "websocket")],
            [("X-Upgrade", "websocket"), ("X-Connection", "Upgrade")],
        ];
        for list in lists {
            asks(scene, &list, false, hint);
        }
        asks_alone(scene, Fields::new(), &[], false, hint);
    });
}

#[test]
fn takes_names_and_tokens_in_any_case() {
    LESSON.grade("token_list", |scene| {
        let mut all =
            [["UPGRADE", "WebSocket", "connection", "upgrade"].map(str::to_string)].to_vec();
        for _ in 0..4 {
            let texts = ["Upgrade", "websocket", "Connection", "Upgrade"];
            all.push(texts.map(|text| in_another_case(scene, text)));
        }
        for [upgrade, websocket, connection, token] in all {
            // One thing at a time, and then all of them.
            let lists = [
                [(upgrade.as_str(), "websocket"), ("Connection", "Upgrade")],
                [("Upgrade", &websocket), ("Connection", "Upgrade")],
                [("Upgrade", "websocket"), (&connection, "Upgrade")],
                [("Upgrade", "websocket"), ("Connection", &token)],
                [(&upgrade, &websocket), (&connection, &token)],
            ];
            for list in lists {
                asks(scene, &list, true, "any-case");
            }
        }
    });
}

#[test]
fn finds_tokens_in_a_list() {
    LESSON.grade("token_list", |scene| {
        let token = scene.random_letters(6);
        let connections = [
            "keep-alive, Upgrade".to_string(),
            "Upgrade, keep-alive".to_string(),
            format!("keep-alive, Upgrade, {token}"),
        ];
        for connection in connections {
            let list = [
                ("Connection", connection.as_str()),
                ("Upgrade", "websocket"),
            ];
            asks(scene, &list, true, "list-of-tokens");
        }
        let upgrade = format!("{token}, websocket");
        let list = [("Upgrade", upgrade.as_str()), ("Connection", "Upgrade")];
        asks(scene, &list, true, "list-of-tokens");
    });
}

#[test]
fn does_not_mind_what_is_around_a_token() {
    LESSON.grade("token_list", |scene| {
        let connections = [
            "keep-alive,Upgrade",
            "keep-alive ,Upgrade , close",
            "keep-alive,\tUpgrade",
            "keep-alive,  \t Upgrade\t",
            ",, Upgrade",
            "Upgrade ,,",
            ",Upgrade,",
        ];
        for connection in connections {
            let list = [("Connection", connection), ("Upgrade", "websocket")];
            asks(scene, &list, true, "around-a-token");
        }
    });
}

#[test]
fn reads_several_fields_as_one_list() {
    LESSON.grade("token_list", |scene| {
        let websocket = ("Upgrade", "websocket");
        let (alive, upgrade) = (("Connection", "keep-alive"), ("connection", "Upgrade"));
        asks(scene, &[websocket, alive, upgrade], true, "several-fields");
        asks(scene, &[upgrade, websocket, alive], true, "several-fields");
        let other = ("UPGRADE", "h2c");
        asks(scene, &[websocket, other, upgrade], true, "several-fields");
        asks(scene, &[other, upgrade, websocket], true, "several-fields");
    });
}

#[test]
fn does_not_take_a_part_for_the_token() {
    LESSON.grade("token_list", |scene| {
        for connection in [
            "upgrade-insecure-requests",
            "no-upgrade",
            "keep-alive, Upgraded",
            "keep-alive Upgrade",
            "Upgrade; keep-alive",
            "\"Upgrade\"",
            "Up, grade",
            "keep-alive",
            "",
            ",",
        ] {
            let list = [("Connection", connection), ("Upgrade", "websocket")];
            asks(scene, &list, false, "whole-tokens");
        }
        for upgrade in ["websocket2", "websockets", "web socket", "x-websocket", ""] {
            let list = [("Connection", "Upgrade"), ("Upgrade", upgrade)];
            asks(scene, &list, false, "whole-tokens");
        }
    });
}
