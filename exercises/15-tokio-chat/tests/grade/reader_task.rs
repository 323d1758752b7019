use super::{LESSON, Seen, Shown, Step, Stream, frame, once, play, settle, shown};
use peer::Scene;
use std::io;
use tokio::sync::mpsc::Receiver;
use tokio_chat_exercises::reader_task::read_in_a_task;

type Item = Option<io::Result<Vec<u8>>>;

/// What `recv()` said, as a student writes it; `None` is a `recv()` that waits.
fn told(item: &Option<Item>) -> String {
    match item {
        Some(Some(Ok(payload))) => format!("Some(Ok(\"{}\"))", shown(payload)),
        Some(Some(Err(error))) => format!("Some(Err({:?}))", error.kind()),
        Some(None) => "None".to_string(),
        None => "nothing: it waits".to_string(),
    }
}

/// Receives `count` times, and lets the task work before each.
async fn received(receiver: &mut Receiver<io::Result<Vec<u8>>>, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..count {
        settle().await;
        all.push(told(&once(receiver.recv()).await));
    }
    all
}

/// Receives from the student's task until everything in `expected` should have come. `keys` says
/// which hint each of them has.
fn hands_over(scene: &Scene, steps: Vec<Step>, expected: &[(String, &'static str)]) {
    let (stream, _) = Stream::new(steps);
    let count = expected.len();
    let Shown(results) = play(
        scene,
        "your task",
        "blocks-the-runtime",
        move || async move {
            let mut receiver = read_in_a_task(stream, 8);
            Shown(received(&mut receiver, count).await)
        },
    );
    for (result, (wanted, key)) in results.iter().zip(expected) {
        scene.note(format!("recv() returns {result}"));
        scene.check(result == wanted, key, || {
            format!("recv() returned {result}; {wanted} was expected.")
        });
    }
}

fn some(word: &str) -> String {
    told(&Some(Some(Ok(word.as_bytes().to_vec()))))
}

#[test]
fn hands_over_whole_frames_however_they_come() {
    LESSON.grade("reader_task", |scene| {
        let words: Vec<_> = (3..6).map(|length| scene.random_letters(length)).collect();
        let stream: Vec<u8> = words.iter().flat_map(frame).collect();
        let mut steps: Vec<_> = stream
            .iter()
            .flat_map(|byte| [Step::Bytes(vec![*byte]), Step::Wait])
            .collect();
        steps.push(Step::Silence);
        let expected: Vec<_> = words.iter().map(|word| (some(word), "frames")).collect();
        hands_over(scene, steps, &expected);
    });
}

#[test]
fn the_channel_ends_with_the_stream() {
    LESSON.grade("reader_task", |scene| {
        let word = scene.random_letters(4);
        let steps = vec![Step::Bytes(frame(&word))];
        let expected = [(some(&word), "frames"), ("None".to_string(), "never-ends")];
        hands_over(scene, steps, &expected);
    });
}

#[test]
fn an_error_is_the_last_item() {
    LESSON.grade("reader_task", |scene| {
        let word = scene.random_letters(4);
        let steps = vec![Step::Bytes(frame(&word)), Step::Reset];
        let expected = [
            (some(&word), "frames"),
            (
                "Some(Err(ConnectionReset))".to_string(),
                "error-is-swallowed",
            ),
            ("None".to_string(), "goes-on-after-an-error"),
        ];
        hands_over(scene, steps, &expected);
    });
}

#[test]
fn reads_no_further_while_the_channel_is_full() {
    const CAPACITY: usize = 3;
    const FRAMES: usize = 40;
    const LENGTH: usize = 10;
    LESSON.grade("reader_task", |scene| {
        let word = scene.random_letters(LENGTH);
        let (stream, seen) = Stream::new((0..FRAMES).map(|_| Step::Bytes(frame(&word))));
        let Shown((taken, results)) = play(scene, "your task", "blocks-the-runtime", move || async move {
            let mut receiver = read_in_a_task(stream, CAPACITY);
            settle().await;
            let taken = seen.history().taken;
            Shown((taken, received(&mut receiver, FRAMES + 1).await))
        });
        let came = results.iter().filter(|result| **result == some(&word)).count();
        scene.check(came == FRAMES, "dropped-when-full", || {
            format!("{FRAMES} frames were sent, and {came} received: what found the channel full is gone.")
        });
        let taken = taken.div_ceil(4 + LENGTH);
        scene.check(taken <= CAPACITY + 1, "unbounded", || {
            format!(
                "The channel was to hold {CAPACITY} frames. Nobody received any, and your task read {taken} of {FRAMES}: a fast peer fills your memory."
            )
        });
    });
}

/// Whether the stream is closed after the receiver has been dropped.
fn closes(scene: &Scene, steps: Vec<Step>, waiting_for: &str) {
    let (stream, seen) = Stream::new(steps);
    let watched: Seen = seen.clone();
    let () = play(
        scene,
        "your task",
        "blocks-the-runtime",
        move || async move {
            let receiver = read_in_a_task(stream, 1);
            settle().await;
            drop(receiver);
            settle().await;
            // Tokio drops what is left when the runtime ends: look before that.
            let dropped = watched.history().dropped;
            watched.write(format!("dropped: {dropped}"));
        },
    );
    let dropped = seen
        .history()
        .lines
        .iter()
        .any(|line| line == "dropped: true");
    scene.note("the receiver is dropped");
    scene.check(dropped, "outlives-the-receiver", || {
        format!("The receiver was dropped while your task waited for {waiting_for}, and the task goes on: task and connection are there for ever.")
    });
}

#[test]
fn ends_when_the_receiver_is_gone() {
    LESSON.grade("reader_task", |scene| {
        let full = (0..9).map(|_| Step::Bytes(frame("hi"))).collect();
        closes(scene, full, "room in the channel");
        closes(
            scene,
            vec![Step::Bytes(vec![0, 0]), Step::Silence],
            "a silent stream",
        );
    });
}
