use super::{ENOUGH, LESSON, Seen, Shown, Step, Stream, frame, once, play, told};
use peer::Scene;
use tokio_chat_exercises::resumable::{FrameReader, MAX_FRAME};

/// Whether the futures of `next` are dropped where they wait.
#[derive(Clone, Copy, PartialEq)]
enum Waits {
    Patient,
    Dropped,
}

/// Calls `next` until the end, or an error, and compares the results with `expected`.
fn reads(scene: &Scene, steps: Vec<Step>, waits: Waits, expected: &[String], key: &'static str) {
    let (stream, seen) = Stream::new(steps);
    let writer = seen.clone();
    let wanted = expected.len();
    let Shown(results) = play(scene, "your reader", key, move || async move {
        let mut reader = FrameReader::new(stream);
        let mut results = Vec::new();
        while results.len() < wanted {
            let result = told(&resumed(&mut reader, waits, &writer).await);
            writer.write(format!("next() returns {result}"));
            let over = !result.starts_with("Ok(Some");
            results.push(result);
            if over {
                break;
            }
        }
        Shown(results)
    });
    let wrong = (0..wanted).find(|at| results.get(*at) != expected.get(*at));
    let Some(wrong) = wrong else { return };
    tell(scene, &seen);
    scene.check(false, key, || {
        let nothing = "nothing".to_string();
        format!(
            "next() returned {}; {} was expected.",
            results.get(wrong).unwrap_or(&nothing),
            expected[wrong]
        )
    });
}

async fn resumed(
    reader: &mut FrameReader<Stream>,
    waits: Waits,
    seen: &Seen,
) -> std::io::Result<Option<Vec<u8>>> {
    if waits == Waits::Patient {
        return reader.next().await;
    }
    for _ in 0..ENOUGH {
        match once(reader.next()).await {
            Some(result) => return result,
            None => seen.write("next() waits, and is dropped".to_string()),
        }
    }
    // It waits although the stream is at its end.
    std::future::pending().await
}

/// The last lines of what happened: what is wrong is there.
fn tell(scene: &Scene, seen: &Seen) {
    const LINES: usize = 12;
    let history = seen.history();
    let skipped = history.lines.len().saturating_sub(LINES);
    if skipped > 0 {
        scene.note(format!("… {skipped} lines before this …"));
    }
    for line in &history.lines[skipped..] {
        scene.note(line.clone());
    }
}

fn some(word: &str) -> String {
    told(&Ok(Some(word.as_bytes().to_vec())))
}

fn none() -> String {
    told(&Ok(None))
}

#[test]
fn reads_frames_when_nobody_interrupts() {
    LESSON.grade("resumable", |scene| {
        let words = [scene.random_letters(5), scene.random_letters(3)];
        let steps = words.iter().flat_map(|word| {
            let bytes = frame(word);
            let (first, second) = bytes.split_at(6);
            [
                Step::Bytes(first.into()),
                Step::Wait,
                Step::Bytes(second.into()),
                Step::Wait,
            ]
        });
        let expected = [some(&words[0]), some(&words[1]), none()];
        reads(scene, steps.collect(), Waits::Patient, &expected, "frames");
    });
}

#[test]
fn keeps_a_part_of_the_prefix_when_it_is_dropped() {
    LESSON.grade("resumable", |scene| {
        for cut in [3, 1, 2] {
            let word = scene.random_letters(5);
            let bytes = frame(&word);
            let (first, second) = bytes.split_at(cut);
            let steps = vec![
                Step::Bytes(first.into()),
                Step::Wait,
                Step::Bytes(second.into()),
            ];
            reads(
                scene,
                steps,
                Waits::Dropped,
                &[some(&word), none()],
                "prefix-in-the-future",
            );
        }
    });
}

#[test]
fn keeps_a_part_of_the_payload_when_it_is_dropped() {
    LESSON.grade("resumable", |scene| {
        for cut in [4, 5, 8] {
            let word = scene.random_letters(5);
            let bytes = frame(&word);
            let (first, second) = bytes.split_at(cut);
            let steps = vec![
                Step::Bytes(first.into()),
                Step::Wait,
                Step::Bytes(second.into()),
            ];
            reads(
                scene,
                steps,
                Waits::Dropped,
                &[some(&word), none()],
                "payload-in-the-future",
            );
        }
    });
}

#[test]
fn keeps_what_came_behind_a_frame() {
    LESSON.grade("resumable", |scene| {
        let words = [
            scene.random_letters(2),
            String::new(),
            scene.random_letters(4),
        ];
        let stream: Vec<u8> = words.iter().flat_map(frame).collect();
        let (first, second) = stream.split_at(12);
        let steps = vec![
            Step::Bytes(first.into()),
            Step::Wait,
            Step::Bytes(second.into()),
        ];
        let mut expected: Vec<_> = words.iter().map(|word| some(word)).collect();
        expected.push(none());
        reads(scene, steps, Waits::Dropped, &expected, "next-frame");
    });
}

#[test]
fn loses_nothing_when_it_is_dropped_behind_every_byte() {
    LESSON.grade("resumable", |scene| {
        let words: Vec<_> = (0..9).map(|length| scene.random_letters(length)).collect();
        let stream: Vec<u8> = words.iter().flat_map(frame).collect();
        let steps = stream
            .iter()
            .flat_map(|byte| [Step::Bytes(vec![*byte]), Step::Wait]);
        let mut expected: Vec<_> = words.iter().map(|word| some(word)).collect();
        expected.push(none());
        reads(
            scene,
            steps.collect(),
            Waits::Dropped,
            &expected,
            "next-frame",
        );
    });
}

#[test]
fn an_end_inside_a_frame_is_an_error() {
    LESSON.grade("resumable", |scene| {
        let bytes = frame(scene.random_letters(6));
        for cut in [2, 4, 9] {
            let steps = vec![Step::Bytes(bytes[..cut].into()), Step::Wait];
            let expected = ["Err(UnexpectedEof)".to_string()];
            reads(
                scene,
                steps,
                Waits::Dropped,
                &expected,
                "end-inside-a-frame",
            );
        }
    });
}

#[test]
fn refuses_a_length_over_the_maximum() {
    LESSON.grade("resumable", |scene| {
        let longest = vec![b'x'; MAX_FRAME];
        let steps = vec![Step::Bytes(frame(&longest))];
        let expected = [told(&Ok(Some(longest)))];
        reads(scene, steps, Waits::Dropped, &expected, "trusts-the-length");
        let steps = vec![Step::Bytes(vec![0, 1, 0, 1])];
        let expected = ["Err(InvalidData)".to_string()];
        reads(scene, steps, Waits::Dropped, &expected, "trusts-the-length");
    });
}

#[test]
fn reports_a_reset() {
    LESSON.grade("resumable", |scene| {
        let steps = vec![Step::Bytes(frame("hi")[..3].into()), Step::Reset];
        let expected = ["Err(ConnectionReset)".to_string()];
        reads(scene, steps, Waits::Dropped, &expected, "reset-is-an-error");
    });
}
