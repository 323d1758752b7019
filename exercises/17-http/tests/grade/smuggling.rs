use super::LESSON;
use http_exercises::smuggling::{Framing, Refused, framing};
use peer::Scene;

type Answer = Result<Framing, Refused>;

/// Asks the student's function about each head. `why` says what another reader would make of it.
fn says(
    scene: &Scene,
    heads: impl IntoIterator<Item = (String, Answer)>,
    key: &'static str,
    why: &str,
) {
    for (head, expected) in heads {
        let given = head.clone();
        let answer = scene.run("your function", move || framing(&given));
        let got = answer.join(|_| "never-returns");
        if got != expected && !why.is_empty() {
            for line in head.split_inclusive('\n') {
                scene.note(format!("{line:?}"));
            }
            scene.note(why);
        }
        scene.check(got == expected, key, || {
            let fields = fields(&head);
            format!("With {fields}, framing() returned {got:?}; {expected:?} was expected.")
        });
    }
}

/// The part of a head that a verdict is about.
fn fields(head: &str) -> String {
    let line = "POST / HTTP/1.1\r\n";
    let fields = head.strip_prefix(line).unwrap_or(head);
    let fields = fields.strip_suffix("\r\n\r\n").unwrap_or(fields);
    match fields {
        "" | "\r\n" => "no field at all".to_string(),
        fields => format!("{fields:?}"),
    }
}

/// A head with these lines behind its request line.
fn head(fields: &str) -> String {
    format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n")
}

fn refuses(scene: &Scene, fields: &[&str], key: &'static str, why: &str) {
    let heads = fields.iter().map(|fields| (head(fields), Err(Refused)));
    says(scene, heads, key, why);
}

#[test]
fn understands_a_plain_head() {
    LESSON.grade("smuggling", |scene| {
        let length = scene.random().u64(1..100_000);
        let host = scene.random_letters(4);
        let with = |fields: String| head(&format!("Host: {host}:7017{fields}\r\nX-Empty:"));
        let heads = [
            ("GET / HTTP/1.1\r\n\r\n".to_string(), Framing::Length(0)),
            (with(String::new()), Framing::Length(0)),
            (
                with(format!("\r\nContent-Length: {length}")),
                Framing::Length(length),
            ),
            (
                with("\r\nTransfer-Encoding: chunked".to_string()),
                Framing::Chunked,
            ),
            (
                with(format!("\r\nContent-Length: {}", u64::MAX)),
                Framing::Length(u64::MAX),
            ),
        ];
        let heads = heads.map(|(head, framing)| (head, Ok(framing)));
        says(scene, heads, "plain-heads-pass", "");
    });
}

#[test]
fn understands_names_in_any_case_and_spaces_around_values() {
    LESSON.grade("smuggling", |scene| {
        let length = scene.random().u64(1..100);
        let heads = [
            (format!("content-length: {length}"), Framing::Length(length)),
            (format!("CONTENT-LENGTH:{length}"), Framing::Length(length)),
            (
                format!("Content-Length: \t {length}\t "),
                Framing::Length(length),
            ),
            ("tRANSFER-eNCODING:\tCHUNKED ".to_string(), Framing::Chunked),
        ];
        let heads = heads.map(|(fields, framing)| (head(&fields), Ok(framing)));
        says(scene, heads, "any-case", "");
    });
}

#[test]
fn refuses_two_lengths() {
    LESSON.grade("smuggling", |scene| {
        let both = [
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nHost: a\r\nContent-Length: 5",
        ];
        let why = "One reader takes the length, the next one the chunks.";
        refuses(scene, &both, "two-lengths", why);
        let twice = [
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 0\r\nContent-Length: 5",
            "Content-Length: 5\r\ncontent-length: 5",
        ];
        let why = "One reader takes the first one, the next one the last.";
        refuses(scene, &twice, "two-lengths", why);
    });
}

#[test]
fn refuses_a_length_that_is_no_number() {
    LESSON.grade("smuggling", |scene| {
        let lengths = [
            "+5",
            "-5",
            "0x5",
            "5,5",
            "5, 5",
            "5 5",
            "5;",
            "five",
            "",
            "1e1",
            "\u{b}5",
            "5\u{a0}",
            "18446744073709551616",
        ];
        let why = "Lenient readers make different numbers of it.";
        for length in lengths {
            let field = format!("Content-Length: {length}");
            refuses(scene, &[&field], "digits-only", why);
        }
    });
}

#[test]
fn refuses_a_name_that_is_no_token() {
    LESSON.grade("smuggling", |scene| {
        let fields = [
            "Content-Length : 5",
            "Transfer-Encoding\t: chunked",
            "X: a\r\n Content-Length: 5",
            "X: a\r\n\tb",
            "Content Length: 5",
            ": 5",
            "Content-Length 5",
        ];
        let why = "One reader knows this field, another throws it away.";
        refuses(scene, &fields, "space-before-the-colon", why);
    });
}

#[test]
fn refuses_a_line_that_does_not_end_with_cr_lf() {
    LESSON.grade("smuggling", |scene| {
        let fields = [
            "X: a\nContent-Length: 5",
            "X: a\rContent-Length: 5",
            "X: a\n\nGET /secret HTTP/1.1\r\nHost: a",
            "X: a\r\r\nContent-Length: 5",
        ];
        let why = "One reader sees one line here, the next one two.";
        refuses(scene, &fields, "only-crlf", why);
        let heads = [
            "POST / HTTP/1.1\nContent-Length: 5\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 5\n\n",
        ];
        let heads = heads.map(|head| (head.to_string(), Err(Refused)));
        says(scene, heads, "only-crlf", why);
    });
}

#[test]
fn refuses_every_coding_but_chunked() {
    LESSON.grade("smuggling", |scene| {
        let fields = [
            "Transfer-Encoding: gzip",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked;a=b",
            "Transfer-Encoding: \u{b}chunked",
            "Transfer-Encoding:",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        ];
        let why = "One reader sees chunks, the next one something else.";
        refuses(scene, &fields, "only-chunked", why);
    });
}
