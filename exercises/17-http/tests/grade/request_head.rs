use super::{Decode, Departed, LESSON, Said, check, cut_in_two, cut_into_bytes, feed};
use http_exercises::request_head::{Decoder, MAX_HEAD, MAX_REQUEST_LINE, TooLarge};
use peer::Scene;

impl Decode for Decoder {
    fn new() -> Self {
        Decoder::new()
    }

    fn receive_data(&mut self, bytes: &[u8]) {
        self.receive_data(bytes);
    }

    fn next_event(&mut self) -> Said {
        match self.next_event() {
            Ok(Some(head)) => Said::Message(head),
            Ok(None) => Said::Waits,
            Err(TooLarge::RequestLine) => Said::Refuses("RequestLine"),
            Err(TooLarge::Head) => Said::Refuses("Head"),
        }
    }
}

/// Where `end` ends in `bytes`.
fn behind(bytes: &[u8], end: &[u8]) -> Option<usize> {
    let start = bytes.windows(end.len()).position(|at| at == end);
    start.map(|start| start + end.len())
}

/// What a decoder says that sees all of `stream` at once.
fn all(mut stream: &[u8]) -> Vec<Said> {
    let mut said = Vec::new();
    loop {
        let line = behind(stream, b"\r\n").unwrap_or(stream.len());
        let head = behind(stream, b"\r\n\r\n");
        if line > MAX_REQUEST_LINE {
            said.push(Said::Refuses("RequestLine"));
        } else if head.unwrap_or(stream.len()) > MAX_HEAD {
            said.push(Said::Refuses("Head"));
        } else if let Some(head) = head {
            said.push(Said::Message(stream[..head].to_vec()));
            stream = &stream[head..];
            continue;
        } else {
            said.push(Said::Waits);
        }
        return said;
    }
}

/// The likeliest reason for an answer that is not the expected one.
fn why(departed: &Departed) -> &'static str {
    let whole = |bytes: &[u8]| bytes.ends_with(b"\r\n\r\n");
    match departed.first() {
        (Said::Message(head), Said::Waits) if !whole(head) => "answers-before-the-blank-line",
        (Said::Message(head), Said::Message(wanted))
            if !head.is_empty() && wanted.starts_with(head) =>
        {
            "answers-before-the-blank-line"
        }
        _ if departed.before > 0 && !whole(&departed.arrived[..departed.before]) => {
            "head-from-one-read"
        }
        _ => "only-the-head-goes",
    }
}

fn decodes(scene: &Scene, lists: Vec<Vec<Vec<u8>>>) {
    for fed in feed::<Decoder>(scene, lists) {
        check(scene, &fed, all, why);
    }
}

/// A head that nobody can guess.
fn head(scene: &Scene) -> String {
    let (target, host) = (scene.random_letters(4), scene.random_letters(3));
    format!("GET /{target} HTTP/1.1\r\nHost: {host}\r\n\r\n")
}

#[test]
fn returns_a_head_that_arrives_whole() {
    LESSON.grade("request_head", |scene| {
        let without_fields = format!("GET /{} HTTP/1.0\r\n\r\n", scene.random_letters(3));
        let heads = [head(scene), without_fields];
        decodes(scene, heads.map(|head| vec![head.into_bytes()]).into());
    });
}

#[test]
fn waits_for_the_blank_line() {
    LESSON.grade("request_head", |scene| {
        let lines = head(scene);
        let lines = lines.split_inclusive('\n');
        decodes(scene, vec![lines.map(|line| line.into()).collect()]);
    });
}

#[test]
fn returns_every_head_of_one_read() {
    LESSON.grade("request_head", |scene| {
        let heads = head(scene) + &head(scene) + &head(scene) + "GET /next";
        decodes(scene, vec![vec![heads.into_bytes()]]);
    });
}

#[test]
fn returns_heads_cut_at_every_place() {
    LESSON.grade("request_head", |scene| {
        let heads = head(scene) + &head(scene);
        let bytes = cut_into_bytes(heads.as_bytes());
        let lists = cut_in_two(heads.as_bytes()).chain([bytes]).collect();
        decodes(scene, lists);
    });
}

#[test]
fn returns_bytes_that_are_not_text() {
    LESSON.grade("request_head", |scene| {
        let mut bytes = scene.random_bytes(60);
        bytes.retain(|byte| !b"\r\n".contains(byte));
        let head = [b"GET / HTTP/1.1\r\nX: \xff\x80", &bytes[..], b"\r\n\r\n"].concat();
        for fed in feed::<Decoder>(scene, vec![vec![head]]) {
            check(scene, &fed, all, |_| "not-text");
        }
    });
}

#[test]
fn the_maximum_is_for_one_head_and_not_for_one_read() {
    LESSON.grade("request_head", |scene| {
        let cookie = scene.random_letters(MAX_HEAD / 3);
        let heads = format!("GET / HTTP/1.1\r\nCookie: {cookie}\r\n\r\n").repeat(7);
        for fed in feed::<Decoder>(scene, vec![vec![heads.into_bytes()]]) {
            check(scene, &fed, all, |_| "limit-is-for-one-head");
        }
    });
}

/// What is said to something too large.
fn too_large(departed: &Departed) -> &'static str {
    match departed.first() {
        (Said::Refuses(_), Said::Refuses(_)) => "which-maximum",
        (Said::Refuses(_), _) => "maximum-is-allowed",
        (Said::Waits, _) => "waits-for-the-end",
        _ => "no-maximum",
    }
}

#[test]
fn refuses_a_request_line_over_the_maximum() {
    LESSON.grade("request_head", |scene| {
        let more = scene.random().usize(0..100);
        let target = scene.random_letters(MAX_REQUEST_LINE + more);
        let whole = head(scene) + &format!("GET /{target} HTTP/1.1\r\nHost: a\r\n\r\n");
        let endless = format!("GET /{target}");
        let pieces = endless.as_bytes().chunks(100).map(<[u8]>::to_vec).collect();
        // So long that it is too long for a head as well.
        let longest = format!("GET /{}", scene.random_letters(MAX_HEAD));
        let lists = vec![vec![whole.into_bytes()], pieces, vec![longest.into_bytes()]];
        for fed in feed::<Decoder>(scene, lists) {
            check(scene, &fed, all, too_large);
        }
    });
}

#[test]
fn refuses_a_head_over_the_maximum() {
    LESSON.grade("request_head", |scene| {
        let more = scene.random().usize(0..100);
        let cookie = scene.random_letters(MAX_HEAD + more);
        let endless = head(scene) + "GET / HTTP/1.1\r\nCookie: " + &cookie;
        let whole = endless.clone() + "\r\n\r\n";
        let pieces = endless.as_bytes().chunks(300).map(<[u8]>::to_vec).collect();
        for fed in feed::<Decoder>(scene, vec![vec![whole.into_bytes()], pieces]) {
            check(scene, &fed, all, too_large);
        }
    });
}

#[test]
fn accepts_exactly_the_maximum() {
    LESSON.grade("request_head", |scene| {
        let around = "GET / HTTP/1.1\r\n".len();
        let target = scene.random_letters(MAX_REQUEST_LINE - around);
        let line = format!("GET /{target} HTTP/1.1\r\n");
        let around = line.len() + "X: \r\n\r\n".len();
        let value = scene.random_letters(MAX_HEAD - around);
        let head = format!("{line}X: {value}\r\n\r\n").into_bytes();
        // Cut so that the line's end, and the head's, are still to come at the maximum.
        let pieces = [
            &head[..MAX_REQUEST_LINE - 1],
            &head[MAX_REQUEST_LINE - 1..MAX_HEAD - 1],
            &head[MAX_HEAD - 1..],
        ];
        let pieces = pieces.map(<[u8]>::to_vec).into();
        for fed in feed::<Decoder>(scene, vec![vec![head], pieces]) {
            check(scene, &fed, all, |_| "maximum-is-allowed");
        }
    });
}
