use super::{Decode, Departed, LESSON, Said, check, cut_in_two, cut_into_bytes, feed, shown};
use http_exercises::chunked::{
    Decoder, Event, LAST_CHUNK, MAX_CHUNK, MAX_SIZE_LINE, Refused, encode,
};
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
            Ok(Some(Event::Chunk(data))) => Said::Message(data),
            Ok(Some(Event::End)) => Said::End(self.rest().to_vec()),
            Ok(None) => Said::Waits,
            Err(Refused) => Said::Refuses("Refused"),
        }
    }
}

/// What a decoder says that sees all of `stream` at once. It is only asked about streams that are
/// good as far as they go.
fn all(mut stream: &[u8]) -> Vec<Said> {
    let mut said = Vec::new();
    while let Some((size, behind)) = size_line(stream) {
        let (Some(data), Some(rest)) = (behind.get(..size), behind.get(size + 2..)) else {
            break;
        };
        if size == 0 {
            said.push(Said::End(rest.to_vec()));
            return said;
        }
        said.push(Said::Message(data.to_vec()));
        stream = rest;
    }
    said.push(Said::Waits);
    said
}

fn size_line(stream: &[u8]) -> Option<(usize, &[u8])> {
    let end = stream.windows(2).position(|two| two == b"\r\n")?;
    let line = str::from_utf8(&stream[..end]).ok()?;
    let size = usize::from_str_radix(line.split(';').next()?, 16).ok()?;
    Some((size, &stream[end + 2..]))
}

fn refused(_: &[u8]) -> Vec<Said> {
    vec![Said::Refuses("Refused")]
}

/// `data` as one chunk. Not the student's encoder: each half is tested alone.
fn chunk(data: &[u8]) -> Vec<u8> {
    let size = format!("{:x}\r\n", data.len());
    [size.as_bytes(), data, b"\r\n"].concat()
}

/// One piece, which the decoder must read to its end.
fn decodes(scene: &Scene, stream: &[u8], key: impl Fn(&Departed) -> &'static str) {
    for fed in feed::<Decoder>(scene, vec![vec![stream.to_vec()]]) {
        check(scene, &fed, all, &key);
    }
}

/// One piece, which the decoder must refuse.
fn refuses(scene: &Scene, stream: impl Into<Vec<u8>>, key: &'static str) {
    for fed in feed::<Decoder>(scene, vec![vec![stream.into()]]) {
        check(scene, &fed, refused, |_| key);
    }
}

#[test]
fn encodes_size_and_data() {
    LESSON.grade("chunked", |scene| {
        for length in [1, 9, 12, 16, 300] {
            let data = scene.random_letters(length).into_bytes();
            let given = data.clone();
            let answer = scene.run("your encoder", move || encode(&given));
            let got = answer.join(|_| "four-parts");
            let wanted = chunk(&data);
            let decimal = got.starts_with(format!("{length}\r\n").as_bytes()) && length > 9;
            let key = if decimal { "hexadecimal" } else { "four-parts" };
            // Upper case digits are as good.
            scene.check(got.eq_ignore_ascii_case(&wanted), key, || {
                let bytes = if length == 1 { "byte" } else { "bytes" };
                format!(
                    "encode() made \"{}\" of {length} {bytes}; expected was \"{}\".",
                    shown(&got),
                    shown(&wanted)
                )
            });
        }
    });
}

#[test]
fn encodes_nothing_as_nothing() {
    LESSON.grade("chunked", |scene| {
        let answer = scene.run("your encoder", || encode(b""));
        let got = answer.join(|_| "four-parts");
        scene.check(got.is_empty(), "empty-chunk-is-the-end", || {
            format!(
                "encode() made \"{}\" of nothing; expected was nothing.",
                shown(&got)
            )
        });
    });
}

#[test]
fn decodes_a_body_that_arrives_whole() {
    LESSON.grade("chunked", |scene| {
        let data = scene.random_letters(26);
        let stream = [&chunk(data.as_bytes()), LAST_CHUNK].concat();
        decodes(scene, &stream, |departed| match departed.first() {
            (Said::Refuses(_), Said::End(_)) => "crlf-behind-the-data",
            (Said::End(rest), Said::End(_)) if rest == b"\r\n" => "crlf-behind-the-data",
            (_, Said::End(_)) => "only-the-chunk-goes",
            (Said::Message(got), _) if got.len() == 26 => "the-size-decides",
            _ => "hexadecimal",
        });
    });
}

#[test]
fn decodes_every_chunk_of_one_read_and_leaves_the_rest() {
    LESSON.grade("chunked", |scene| {
        let mut stream = Vec::new();
        for length in [1, 10, 160] {
            stream.extend(chunk(scene.random_letters(length).as_bytes()));
        }
        stream.extend(LAST_CHUNK);
        stream.extend(b"GET /next");
        decodes(scene, &stream, |_| "only-the-chunk-goes");
    });
}

#[test]
fn reads_sizes_in_every_good_form() {
    LESSON.grade("chunked", |scene| {
        let data = scene.random_letters(10);
        for size in ["a", "A", "0000a", "a;name=value", "A;q=\"x\"", "a;"] {
            let stream = format!("{size}\r\n{data}\r\n0;last\r\n\r\n");
            decodes(scene, stream.as_bytes(), |_| "forms-of-a-size");
        }
    });
}

#[test]
fn decodes_data_that_looks_like_chunks() {
    LESSON.grade("chunked", |scene| {
        let word = scene.random_letters(3);
        for data in [format!("{word}\r\n{word}"), format!("\r\n0\r\n\r\n{word}")] {
            let stream = [&chunk(data.as_bytes()), LAST_CHUNK].concat();
            decodes(scene, &stream, |_| "the-size-decides");
        }
    });
}

#[test]
fn decodes_chunks_cut_at_every_place() {
    LESSON.grade("chunked", |scene| {
        let mut stream = chunk(scene.random_letters(3).as_bytes());
        stream.extend(chunk(scene.random_letters(17).as_bytes()));
        stream.extend(LAST_CHUNK);
        let bytes = cut_into_bytes(&stream);
        let lists = cut_in_two(&stream).chain([bytes]).collect();
        for fed in feed::<Decoder>(scene, lists) {
            check(scene, &fed, all, |_| "chunk-from-one-read");
        }
    });
}

#[test]
fn refuses_a_size_that_is_no_number() {
    LESSON.grade("chunked", |scene| {
        for size in ["+5", "-5", "0x5", " 5", "5 ", "5g", "", ";x", "5_0", "5,5"] {
            refuses(scene, format!("{size}\r\nhello\r\n"), "digits-only");
        }
    });
}

#[test]
fn refuses_data_that_is_longer_than_its_size() {
    LESSON.grade("chunked", |scene| {
        let word = scene.random_letters(5);
        for stream in [format!("4\r\n{word}\r\n"), format!("5\r\n{word}\n\r\n")] {
            refuses(scene, stream, "crlf-behind-the-data");
        }
        // A trailer field is no CR LF either.
        refuses(scene, "0\r\nX: y\r\n\r\n", "crlf-behind-the-data");
    });
}

#[test]
fn refuses_a_size_over_the_maximum_at_once() {
    LESSON.grade("chunked", |scene| {
        let more = scene.random().usize(1..100);
        let sizes = [
            format!("{:x}", MAX_CHUNK + more),
            format!("{:x}", u32::MAX),
            format!("{:x}", u64::MAX - 1),
            "f".repeat(40),
        ];
        for size in sizes {
            refuses(scene, format!("{size}\r\n"), "trusts-the-size");
        }
    });
}

#[test]
fn refuses_a_size_line_without_end() {
    LESSON.grade("chunked", |scene| {
        // By two more than it may have: whoever counts CR LF is right as well.
        let extension = scene.random_letters(MAX_SIZE_LINE + 1);
        refuses(scene, format!("5;{extension}"), "line-without-end");
        let zeros = "0".repeat(MAX_SIZE_LINE + 3);
        refuses(scene, zeros, "line-without-end");
        refuses(
            scene,
            format!("5;{extension}\r\nhello\r\n"),
            "line-without-end",
        );
    });
}

#[test]
fn accepts_exactly_the_maximum() {
    LESSON.grade("chunked", |scene| {
        let stream = [&chunk(&scene.random_bytes(MAX_CHUNK)), LAST_CHUNK].concat();
        decodes(scene, &stream, |_| "maximum-is-allowed");
        let extension = scene.random_letters(MAX_SIZE_LINE - 2);
        let stream = format!("5;{extension}\r\nhello\r\n");
        // Cut between CR and LF: the line has as many bytes as it may have.
        let (first, second) = stream.as_bytes().split_at(MAX_SIZE_LINE + 1);
        let lists = vec![
            vec![stream.clone().into()],
            vec![first.into(), second.into()],
        ];
        for fed in feed::<Decoder>(scene, lists) {
            check(scene, &fed, all, |_| "maximum-is-allowed");
        }
    });
}
