use super::{LESSON, among_others, answers, in_another_case, lines, named};
use peer::Scene;
use ws_handshake_exercises::allowed_origins::status;

/// Asks the student's function about a request with these fields, and others.
fn says(scene: &Scene, allowed: &[String], list: &[(&str, &str)], expected: u16, hint: &str) {
    let fields = among_others(scene, list);
    let mut asked: Vec<String> = allowed
        .iter()
        .map(|one| format!("allowed: {one}"))
        .collect();
    asked.extend(lines(&fields));
    let given = allowed.to_vec();
    let code = move || status(&fields, &given);
    let Some(got) = answers(scene, &asked, code, &expected) else {
        return;
    };
    let hint = if [101, 403].contains(&got) {
        hint
    } else {
        "101-or-403"
    };
    scene.check(false, hint, || {
        let list = named(list, "no Origin");
        format!("With {list}, status() returned {got}; {expected} was expected.")
    });
}

/// Two pages that are allowed, and one of a host that nobody has heard of.
fn pages(scene: &Scene) -> (Vec<String>, String) {
    let host = scene.random_letters(6);
    let allowed = [
        format!("https://{host}.example"),
        format!("http://127.0.0.1:{}", scene.random().u16(1024..)),
    ];
    (
        allowed.to_vec(),
        format!("https://{}.test", scene.random_letters(6)),
    )
}

#[test]
fn lets_an_allowed_page_in() {
    LESSON.grade("allowed_origins", |scene| {
        let (allowed, _) = pages(scene);
        for page in &allowed {
            says(scene, &allowed, &[("Origin", page)], 101, "allowed-pages");
        }
    });
}

#[test]
fn refuses_other_pages_with_403() {
    LESSON.grade("allowed_origins", |scene| {
        let (allowed, other) = pages(scene);
        says(scene, &allowed, &[("Origin", &other)], 403, "other-pages");
        says(scene, &[], &[("Origin", &other)], 403, "other-pages");
    });
}

#[test]
fn lets_in_what_is_no_browser() {
    LESSON.grade("allowed_origins", |scene| {
        let (allowed, _) = pages(scene);
        says(scene, &allowed, &[], 101, "no-origin-no-browser");
        says(scene, &[], &[], 101, "no-origin-no-browser");
    });
}

#[test]
fn compares_in_any_case() {
    LESSON.grade("allowed_origins", |scene| {
        let (allowed, other) = pages(scene);
        let host = allowed[0].clone();
        for name in ["origin", "ORIGIN", &in_another_case(scene, "Origin")] {
            says(scene, &allowed, &[(name, &host)], 101, "any-case");
            says(scene, &allowed, &[(name, &other)], 403, "any-case");
        }
        let page = in_another_case(scene, &host);
        says(scene, &allowed, &[("Origin", &page)], 101, "any-case");
        let listed = [in_another_case(scene, &host)];
        says(scene, &listed, &[("Origin", &host)], 101, "any-case");
    });
}

#[test]
fn refuses_what_only_looks_like_an_allowed_page() {
    LESSON.grade("allowed_origins", |scene| {
        let host = scene.random_letters(6);
        let evil = scene.random_letters(4);
        let allowed = [format!("https://{host}.example")];
        let pages = [
            format!("https://{host}.example.{evil}.test"),
            format!("https://{host}.example-{evil}.test"),
            format!("https://{evil}{host}.example"),
            format!("https://{evil}.{host}.example"),
            format!("https://{evil}.test/https://{host}.example"),
            format!("https://{host}.example@{evil}.test"),
            format!("https://{host}.example/"),
            format!("https://{host}.exampl"),
            format!("https://{host}"),
            format!("{host}.example"),
            "https://".to_string(),
        ];
        for page in &pages {
            says(scene, &allowed, &[("Origin", page)], 403, "whole-origin");
        }
    });
}

#[test]
fn looks_at_scheme_and_port_too() {
    LESSON.grade("allowed_origins", |scene| {
        let host = format!("{}.example", scene.random_letters(6));
        let port = scene.random().u16(1024..9000);
        let other = scene.random().u16(9000..);
        let allowed = [
            format!("https://{host}"),
            format!("http://127.0.0.1:{port}"),
        ];
        let pages = [
            format!("http://{host}"),
            format!("https://{host}:{other}"),
            format!("file://{host}"),
            format!("http://127.0.0.1:{other}"),
            "http://127.0.0.1".to_string(),
            format!("https://127.0.0.1:{port}"),
        ];
        for page in &pages {
            says(scene, &allowed, &[("Origin", page)], 403, "scheme-and-port");
        }
    });
}

#[test]
fn refuses_null_and_nothing() {
    LESSON.grade("allowed_origins", |scene| {
        let (allowed, _) = pages(scene);
        for value in ["null", ""] {
            says(scene, &allowed, &[("Origin", value)], 403, "null-is-a-page");
            says(scene, &[], &[("Origin", value)], 403, "null-is-a-page");
        }
    });
}

#[test]
fn refuses_two_origins() {
    LESSON.grade("allowed_origins", |scene| {
        let (allowed, other) = pages(scene);
        let right = &allowed[0];
        for (first, second) in [(right, &other), (&other, right), (right, right)] {
            let both = [("Origin", first.as_str()), ("origin", second)];
            says(scene, &allowed, &both, 403, "one-origin");
        }
    });
}

#[test]
fn believes_no_other_field() {
    LESSON.grade("allowed_origins", |scene| {
        let (allowed, other) = pages(scene);
        let host = |page: &str| page.split("://").nth(1).unwrap_or_default().to_string();
        let page = format!("{}/chat", allowed[0]);
        let (ours, theirs) = (host(&allowed[0]), host(&other));
        let lists = [
            [("Origin", other.as_str()), ("Referer", &page)],
            [("Origin", &other), ("Host", &ours)],
            [("Host", &theirs), ("Origin", &other)],
        ];
        for list in lists {
            says(scene, &allowed, &list, 403, "only-origin-counts");
        }
    });
}
