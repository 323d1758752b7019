//! Talks in a chat room: one thread for what you type, one for what goes out, one for what comes.

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use chat_threads::protocol::{MAX_NAME, MAX_TEXT, Notice, Refused};
use framing::{Event, Frames, MAX_FRAME};

const HELP: &str = "
Usage: chat-client [ADDRESS]

The first line that you type is your name, and each further one is what you say. Ctrl-D leaves.
ADDRESS is the server: 127.0.0.1:7010 unless given.
";

/// How long we wait for the connection, and for the server to take what we say.
const PATIENCE: Duration = Duration::from_secs(5);
/// A member who says nothing for so long shows that it is there: the server's patience is 30 s.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Lines that are read from a pipe before the server has taken the ones before.
const LINES: usize = 16;

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7010, talk)
}

fn talk(address: SocketAddr) -> io::Result<()> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_nodelay(true)?; // Lesson 07: a line shall not wait for the answer to the last one.
    stream.set_write_timeout(Some(PATIENCE))?;
    println!("Your name?");

    let (typed, lines) = mpsc::sync_channel(LINES);
    // Nobody can wake a thread that waits for the keyboard. It ends with the process.
    thread::spawn(move || {
        for line in io::stdin().lock().split(b'\n') {
            let Ok(line) = line else { return };
            if typed.send(line).is_err() {
                return;
            }
        }
    });
    let writer = stream.try_clone()?;
    thread::spawn(move || {
        if let Err(error) = send_lines(&writer, &lines) {
            eprintln!("What you said did not arrive: {error}.");
            let _ = writer.shutdown(Shutdown::Both); // The other thread hears that.
        }
    });
    show_notices(&stream)
}
// ANCHOR_END: main

// ANCHOR: send
/// Sends each line as a frame; at the end of the input, the end of the stream.
fn send_lines(mut stream: &TcpStream, lines: &Receiver<Vec<u8>>) -> io::Result<()> {
    let mut frames = Frames::new(MAX_TEXT);
    let mut named = false;
    loop {
        let line = match lines.recv_timeout(KEEP_ALIVE) {
            Ok(line) => line,
            // Before the name, an empty frame would be taken for one.
            Err(RecvTimeoutError::Timeout) if named => Vec::new(),
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return stream.shutdown(Shutdown::Write),
        };
        named = true;
        if frames.send_frame(line.trim_ascii_end()).is_err() {
            eprintln!("Too long, and not sent: a line has at most {MAX_TEXT} bytes.");
        }
        stream.write_all(frames.data_to_send())?;
        frames.data_sent(frames.data_to_send().len());
    }
}
// ANCHOR_END: send

// ANCHOR: show
/// Prints what the server tells, until its end of stream.
fn show_notices(mut stream: &TcpStream) -> io::Result<()> {
    let mut frames = Frames::new(MAX_FRAME);
    let mut buffer = [0; 4 * 1024];
    loop {
        match frames.next_event()? {
            Some(Event::Message(payload)) => {
                let words = in_words(Notice::parse(&payload));
                // A terminal obeys control characters, and these come from somebody else.
                println!("{}", words.replace(char::is_control, "\u{fffd}"));
            }
            Some(Event::End) => {
                // Without this line, a server that died would look like one that said goodbye.
                println!("The connection has ended.");
                return Ok(());
            }
            None => match stream.read(&mut buffer) {
                Ok(0) => frames.receive_end(),
                Ok(count) => frames.receive_data(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            },
        }
    }
}

fn in_words(notice: Option<Notice>) -> String {
    match notice {
        Some(Notice::Welcome(names)) if names.is_empty() => "You are the first.".to_owned(),
        Some(Notice::Welcome(names)) => format!("Already here: {}.", names.join(", ")),
        Some(Notice::Joined(name)) => format!("* {name} has come"),
        Some(Notice::Said(name, text)) => format!("{name}: {text}"),
        Some(Notice::Left(name)) => format!("* {name} has gone"),
        Some(Notice::Refused(Refused::BadName)) => {
            format!("The server sends you away: a name has 1 to {MAX_NAME} bytes and no spaces.")
        }
        Some(Notice::Refused(why)) => format!("The server sends you away: {why}."),
        Some(Notice::Closing) => "The server stops.".to_owned(),
        None => "(The server said something that this client does not know.)".to_owned(),
    }
}
// ANCHOR_END: show
