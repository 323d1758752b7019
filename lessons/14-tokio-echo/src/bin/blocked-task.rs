//! Shows what a task that blocks its thread does to its neighbours.

use std::io;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{self, Runtime};
use tokio::task::spawn_blocking;
use tokio::time;

const HELP: &str = "
Usage: blocked-task [ADDRESS]

A task wants to run every 10 ms, and its only thread has another task that takes 300 ms, in three
ways. Prints how long the first one had to wait. Nothing goes over the network: ADDRESS is not used,
127.0.0.1:0 unless given.
";

/// How often the neighbour wants to run, and how often it does.
const TICK: Duration = Duration::from_millis(10);
const TICKS: u32 = 60;
/// How long the other task takes.
const WORK: Duration = Duration::from_millis(300);

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, |_| {
        // One thread for all tasks. With several, the others go on, until each has a task that
        // blocks it.
        let runtime = runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        let calls = [
            "time::sleep(300 ms).await",
            "thread::sleep(300 ms)",
            "spawn_blocking(thread::sleep(300 ms)).await",
        ];
        let waits = [
            longest_wait(&runtime, async { time::sleep(WORK).await })?,
            longest_wait(&runtime, async { thread::sleep(WORK) })?,
            longest_wait(&runtime, async {
                let _ = spawn_blocking(|| thread::sleep(WORK)).await;
            })?,
        ];
        println!("A task that runs every {TICK:?} waited at most, beside one that calls");
        for (call, wait) in calls.iter().zip(waits) {
            println!("{:>5} ms    {call}", wait.as_millis());
        }
        Ok(())
    })
}

/// Runs `work` beside a task that ticks, and returns the longest time between two ticks.
fn longest_wait(
    runtime: &Runtime,
    work: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Duration> {
    runtime.block_on(async {
        let ticking = tokio::spawn(async {
            let mut longest = Duration::ZERO;
            for _ in 0..TICKS {
                let before = Instant::now();
                time::sleep(TICK).await;
                longest = longest.max(before.elapsed());
            }
            longest
        });
        time::sleep(TICK * 5).await; // It ticks; now the work begins.
        tokio::spawn(work).await?;
        Ok(ticking.await?)
    })
}
// ANCHOR_END: main
