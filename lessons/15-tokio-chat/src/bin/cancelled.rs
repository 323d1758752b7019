//! Shows that `select!` drops the loser, with what it had read; and a reader that loses nothing.

use std::future::ready;
use std::io;
use std::process::ExitCode;

use framing::{Event, Frames, MAX_FRAME, PREFIX};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

const HELP: &str = "
Usage: cancelled

Reads one frame that comes in two parts, and is interrupted in between: first with read_exact in a
select!, then with a codec outside of it. It uses no network and no clock.
";

/// Bytes between the two ends of the stream in memory: more than we send.
const ROOM: usize = 64;

// ANCHOR: main
fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        println!("{}", HELP.trim());
        return ExitCode::SUCCESS;
    }
    let mut one_thread = tokio::runtime::Builder::new_current_thread();
    let shown = one_thread.build().and_then(|runtime| {
        runtime.block_on(async {
            println!("read_exact in a select!:");
            with_read_exact().await?;
            println!("a codec outside of the select!:");
            with_codec().await
        })
    });
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("It did not work: {error}.");
            ExitCode::FAILURE
        }
    }
}

/// The frame "hello", in two parts: 00 00 00, and 05 68 65 6c 6c 6f.
fn hello() -> io::Result<(Vec<u8>, Vec<u8>)> {
    let mut frames = Frames::new(MAX_FRAME);
    frames.send_frame(b"hello")?;
    let (first, second) = frames.data_to_send().split_at(3);
    Ok((first.to_vec(), second.to_vec()))
}
// ANCHOR_END: main

// ANCHOR: read_exact
async fn with_read_exact() -> io::Result<()> {
    let (mut peer, mut stream) = tokio::io::duplex(ROOM);
    let (first, second) = hello()?;
    send(&mut peer, &first).await?;

    let mut prefix = [0; PREFIX];
    tokio::select! {
        biased; // In this order, so that it is the same each time.
        read = stream.read_exact(&mut prefix) => println!("  read_exact says {read:?}"),
        () = ready(()) => println!("  something else was first; read_exact is dropped"),
    }

    send(&mut peer, &second).await?;
    stream.read_exact(&mut prefix).await?;
    let length = u32::from_be_bytes(prefix);
    println!(
        "  read_exact reads {}: a frame of {length} bytes",
        hex(&prefix)
    );
    Ok(())
}
// ANCHOR_END: read_exact

// ANCHOR: codec
async fn with_codec() -> io::Result<()> {
    let (mut peer, mut stream) = tokio::io::duplex(ROOM);
    let (first, second) = hello()?;
    send(&mut peer, &first).await?;

    let mut frames = Frames::new(MAX_FRAME);
    tokio::select! {
        biased;
        event = next_event(&mut stream, &mut frames) => println!("  the codec says {event:?}"),
        () = ready(()) => println!("  something else was first; next_event is dropped"),
    }
    println!("  the codec has {} bytes", frames.buffered());

    send(&mut peer, &second).await?;
    match next_event(&mut stream, &mut frames).await? {
        Event::Message(text) => println!("  a frame: {:?}", String::from_utf8_lossy(&text)),
        Event::End => println!("  the end"),
    }
    Ok(())
}

/// May be dropped while it waits: between the read and the codec nothing is awaited.
async fn next_event(stream: &mut DuplexStream, frames: &mut Frames) -> io::Result<Event> {
    loop {
        if let Some(event) = frames.next_event()? {
            return Ok(event);
        }
        let mut buffer = [0; 16];
        match stream.read(&mut buffer).await? {
            0 => frames.receive_end(),
            count => frames.receive_data(&buffer[..count]),
        }
    }
}
// ANCHOR_END: codec

async fn send(peer: &mut DuplexStream, bytes: &[u8]) -> io::Result<()> {
    println!("  the peer sends   {}", hex(bytes));
    peer.write_all(bytes).await
}

fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}
