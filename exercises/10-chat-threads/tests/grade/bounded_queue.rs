use super::LESSON;
use chat_threads_exercises::bounded_queue::{Full, Queue, write_frames};
use peer::{Scene, caught};
use std::fmt::Debug;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

fn frame(length: usize) -> Vec<u8> {
    vec![b'x'; length]
}

/// Runs `code` on the queue in the student's thread, where nothing may wait.
fn now<T: Debug + Send + 'static>(
    scene: &Scene,
    queue: &Arc<Queue>,
    key: &'static str,
    code: impl FnOnce(&Queue) -> T + Send + 'static,
) -> T {
    let queue = Arc::clone(queue);
    let ended = scene
        .run("your queue", move || caught(|| code(&queue)))
        .join(|_| key);
    match ended {
        Ok(value) => value,
        Err(panic) => {
            scene.check(false, key, || format!("Your queue panicked: {panic}"));
            unreachable!("the check has ended the test")
        }
    }
}

/// Does something to the queue while the student's `pop` is the one that is watched.
fn aside(scene: &Scene, queue: &Arc<Queue>, code: impl FnOnce(&Queue) + Send + 'static) {
    let queue = Arc::clone(queue);
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        code(&queue);
        let _ = done.send(());
    });
    // When it does not end, `pop` does not either, and that is a verdict.
    let _ = is_done.recv_timeout(scene.left() / 2);
}

/// Pushes frames of these lengths, and expects what stands beside each.
fn pushes(
    scene: &Scene,
    queue: &Arc<Queue>,
    key: &'static str,
    steps: &[(usize, Result<(), Full>)],
) {
    for (length, expected) in steps.iter().copied() {
        let said = now(scene, queue, "push-waits", move |queue| {
            queue.push(frame(length))
        });
        let waiting = queue.waiting();
        scene.note(format!("push {length} bytes: {said:?}, {waiting} wait"));
        scene.check(said == expected, key, || {
            format!("push() of {length} bytes said {said:?}; {expected:?} was expected.")
        });
    }
}

/// Takes one frame, which should lie there already and be so long.
fn pops(scene: &Scene, queue: &Arc<Queue>, key: &'static str, length: usize) {
    let got = now(scene, queue, key, |queue| {
        queue.pop().map(|frame| frame.len())
    });
    scene.note(match got {
        Some(got) => format!("pop: {got} bytes"),
        None => "pop: None".to_string(),
    });
    scene.check(got == Some(length), key, || match got {
        Some(got) => format!("pop() gave a frame of {got} bytes; one of {length} was expected."),
        None => format!("pop() gave None; a frame of {length} bytes was expected."),
    });
}

#[test]
fn gives_out_what_came_in_in_the_same_order() {
    LESSON.grade("bounded_queue", |scene| {
        let queue = Arc::new(Queue::new(100));
        // Three lengths, no two of them the same.
        let lengths: Vec<usize> = (0..3)
            .map(|tens| 10 * tens + scene.random().usize(1..10))
            .collect();
        for length in &lengths {
            pushes(scene, &queue, "order", &[(*length, Ok(()))]);
        }
        for length in lengths {
            pops(scene, &queue, "order", length);
        }
    });
}

#[test]
fn takes_no_more_than_its_limit() {
    LESSON.grade("bounded_queue", |scene| {
        scene.note("the limit is 4 bytes");
        let queue = Arc::new(Queue::new(4));
        let one = (1, Ok(()));
        let steps = [one, one, one, one, (1, Err(Full)), (1, Err(Full))];
        pushes(scene, &queue, "unbounded-queue", &steps);
    });
}

#[test]
fn counts_bytes_and_not_frames() {
    LESSON.grade("bounded_queue", |scene| {
        scene.note("the limit is 10 bytes");
        let queue = Arc::new(Queue::new(10));
        let steps = [(6, Ok(())), (5, Err(Full)), (4, Ok(())), (1, Err(Full))];
        pushes(scene, &queue, "counts-bytes", &steps);
        pushes(
            scene,
            &Arc::new(Queue::new(10)),
            "counts-bytes",
            &[(11, Err(Full)), (10, Ok(()))],
        );
    });
}

#[test]
fn has_room_again_when_frames_were_taken() {
    LESSON.grade("bounded_queue", |scene| {
        scene.note("the limit is 10 bytes");
        let queue = Arc::new(Queue::new(10));
        for _ in 0..4 {
            pushes(scene, &queue, "room-again", &[(7, Ok(())), (4, Err(Full))]);
            pops(scene, &queue, "room-again", 7);
            let waiting = queue.waiting();
            scene.check(waiting == 0, "room-again", || {
                format!("Nothing waits any more, and waiting() says {waiting} bytes.")
            });
        }
    });
}

#[test]
fn the_writer_waits_for_a_frame() {
    LESSON.grade("bounded_queue", |scene| {
        let queue = Arc::new(Queue::new(10));
        let other = Arc::clone(&queue);
        let popped = scene.run("your pop()", move || other.pop().map(|frame| frame.len()));
        let waits = popped.settle();
        if scene.left().is_zero() {
            popped.join(|_| "spins");
            return;
        }
        scene.check(waits, "does-not-wait", || {
            "pop() returned though nothing had been pushed, and the queue was open.".to_string()
        });
        scene.note("your pop() waits");
        aside(scene, &queue, |queue| {
            let _ = queue.push(frame(3));
        });
        scene.note("push 3 bytes");
        let got = popped.join(|_| "never-woken");
        scene.check(got == Some(3), "does-not-wait", || {
            format!("pop() gave {got:?} bytes; Some(3) was expected.")
        });
    });
}

#[test]
fn a_closed_queue_gives_out_what_waits_and_then_ends() {
    LESSON.grade("bounded_queue", |scene| {
        let queue = Arc::new(Queue::new(10));
        pushes(scene, &queue, "closing", &[(2, Ok(())), (3, Ok(()))]);
        now(scene, &queue, "closing", Queue::close);
        scene.note("close");
        pushes(scene, &queue, "closing", &[(4, Ok(())), (99, Ok(()))]);
        pops(scene, &queue, "closing", 2);
        pops(scene, &queue, "closing", 3);
        let last = now(scene, &queue, "closing", |queue| queue.pop());
        scene.check(last.is_none(), "closing", || {
            "The queue is closed and empty, and pop() still gave a frame.".to_string()
        });
    });
}

#[test]
fn closing_wakes_the_writer() {
    LESSON.grade("bounded_queue", |scene| {
        let queue = Arc::new(Queue::new(10));
        let other = Arc::clone(&queue);
        let popped = scene.run("your pop()", move || other.pop().is_none());
        popped.settle();
        scene.note("your pop() waits");
        aside(scene, &queue, Queue::close);
        scene.note("close");
        let ended = popped.join(|_| "closing");
        scene.check(ended, "closing", || "pop() gave a frame.".to_string());
    });
}

#[test]
fn the_writer_writes_every_byte() {
    LESSON.grade("bounded_queue", |scene| {
        let stream = scene.script([]).write_at_most(3);
        let out = stream.clone();
        let frames = [scene.random_letters(2), scene.random_letters(10)];
        let expected = frames.concat().into_bytes();
        let written = scene
            .run("your writer", move || {
                let queue = Queue::new(100);
                for frame in frames {
                    let _ = queue.push(frame.into_bytes());
                }
                queue.close();
                write_frames(&queue, out).is_ok()
            })
            .join(|_| "never-woken");
        let sentence = "Your writer did not write what was in the queue.";
        scene.compare(&expected, &stream.written(), "short-write", sentence);
        scene.check(written, "short-write", || {
            "Everything was written, and your writer returned an error.".to_string()
        });
    });
}

/// A stream whose first write waits until it is told to go on, or until the test is over.
struct Stuck {
    entered: Sender<()>,
    go_on: Receiver<()>,
}

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.entered.send(());
        match self.go_on.recv() {
            Ok(()) => Ok(bytes.len()),
            Err(_) => Err(ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn others_push_while_the_writer_is_stuck_in_a_write() {
    LESSON.grade("bounded_queue", |scene| {
        let queue = Arc::new(Queue::new(10));
        let (entered, is_in) = mpsc::channel();
        let (go_on, wait) = mpsc::channel();
        let stream = Stuck {
            entered,
            go_on: wait,
        };
        let other = Arc::clone(&queue);
        let writer = scene.run("your writer", move || {
            let _ = other.push(frame(4));
            write_frames(&other, stream).is_ok()
        });
        let writes = is_in.recv_timeout(scene.left());
        if writes.is_err() {
            writer.join(|_| "never-woken");
            return;
        }
        scene.note("your writer waits in write(): nobody reads");
        let other = Arc::clone(&queue);
        let pushed = scene.run("your push()", move || {
            [6, 6].map(|length| other.push(frame(length)))
        });
        let pushed = pushed.join(|_| "writes-under-the-lock");
        scene.check(pushed == [Ok(()), Err(Full)], "room-again", || {
            format!("6 bytes were pushed twice meanwhile, with {pushed:?}; [Ok(()), Err(Full)] was expected.")
        });
        drop(go_on);
    });
}

/// A stream whose other end is gone.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_fails_leaves_nothing_behind() {
    LESSON.grade("bounded_queue", |scene| {
        let queue = Arc::new(Queue::new(10));
        let other = Arc::clone(&queue);
        let written = scene
            .run("your writer", move || {
                for _ in 0..3 {
                    let _ = other.push(frame(3));
                }
                write_frames(&other, Broken).map_err(|error| error.kind())
            })
            .join(|_| "failed-writer");
        scene.check(written == Err(ErrorKind::BrokenPipe), "failed-writer", || {
            format!("The write failed, and your writer returned {written:?}; Err(BrokenPipe) was expected.")
        });
        let waiting = queue.waiting();
        scene.check(waiting == 0, "failed-writer", || {
            format!("Your writer has ended, and {waiting} bytes wait for it for ever.")
        });
        pushes(scene, &queue, "failed-writer", &[(9, Ok(())), (9, Ok(()))]);
    });
}
