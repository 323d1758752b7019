//! Shows what a broadcast channel does to a slow receiver, and what a pattern in `select!` hides.

use std::process::ExitCode;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

const HELP: &str = "
Usage: lagged

Sends six messages through a broadcast channel for four, to a receiver that comes late, and receives
them in three ways. It uses no network and no clock.
";

/// Messages that the channel keeps for those who are late.
const KEPT: usize = 4;

// ANCHOR: main
fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        println!("{}", HELP.trim());
        return ExitCode::SUCCESS;
    }
    match tokio::runtime::Builder::new_current_thread().build() {
        Ok(runtime) => {
            runtime.block_on(show());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("It did not work: {error}.");
            ExitCode::FAILURE
        }
    }
}

async fn show() {
    println!("each result:");
    let mut late = after_six_messages();
    loop {
        let received = late.recv().await;
        println!("  {received:?}");
        if received == Err(RecvError::Closed) {
            break;
        }
    }

    println!("while let Ok(number):");
    let mut late = after_six_messages();
    while let Ok(number) = late.recv().await {
        println!("  {number}");
    }
    println!("  over, and {} messages are still there", late.len());

    println!("select! with Ok(number):");
    let mut late = after_six_messages();
    for _ in 0..KEPT + 2 {
        tokio::select! {
            biased;
            Ok(number) = late.recv() => println!("  {number}"),
            else => println!("  no branch is left, and nobody says why"),
        }
    }
}

/// A receiver for which 1 to 6 were sent before it asked; the sender is gone.
fn after_six_messages() -> broadcast::Receiver<u32> {
    let (sender, late) = broadcast::channel(KEPT);
    for number in 1..=6 {
        // It fails only without a receiver.
        let _ = sender.send(number);
    }
    late
}
// ANCHOR_END: main
