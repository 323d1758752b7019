//! Measures what it costs to wait for each answer before the next question.

use framing::{Event, Frames, IDLE, MAX_FRAME};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

const HELP: &str = "
Usage: round-trips [ADDRESS]

Sends the same frames one by one and many at a time, waits for the answers, and shows how long
both took.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

const QUESTIONS: usize = 10_000;
/// Questions that are under way at the same time. What they and their answers need must fit into
/// the kernel's buffers: nobody reads while both sides write (lesson 02, "Both write first").
const AT_A_TIME: usize = 100;

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    thread::spawn(move || framing::serve(&listener, IDLE, |_, _| ControlFlow::Continue(())));

    println!("{QUESTIONS} frames of 5 bytes, and their answers:");
    for at_a_time in [1, AT_A_TIME] {
        let taken = measure(address, at_a_time)?.as_millis();
        println!("  {at_a_time:>3} at a time: {taken} ms");
    }
    Ok(())
}

/// Sends all questions, `at_a_time` in each write, and waits for their answers before the next.
fn measure(address: SocketAddr, at_a_time: usize) -> io::Result<Duration> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?; // Lesson 07: otherwise this would measure something else.
    let mut frames = Frames::new(MAX_FRAME);
    let mut buffer = [0; 16 * 1024];
    let started = Instant::now();
    for _ in 0..QUESTIONS / at_a_time {
        for _ in 0..at_a_time {
            frames.send_frame(b"hello")?;
        }
        stream.write_all(frames.data_to_send())?;
        frames.data_sent(frames.data_to_send().len());
        let mut missing = at_a_time;
        while missing > 0 {
            match frames.next_event()? {
                Some(Event::Message(_)) => missing -= 1,
                Some(Event::End) => return Err(io::ErrorKind::UnexpectedEof.into()),
                None => match stream.read(&mut buffer)? {
                    0 => frames.receive_end(),
                    count => frames.receive_data(&buffer[..count]),
                },
            }
        }
    }
    Ok(started.elapsed())
}
// ANCHOR_END: main
