//! A command that goes on until Ctrl-C.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::fixture::Fixture;

pub const PATIENCE: Duration = Duration::from_secs(60);

/// Killed when dropped.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    pub fn start(fixture: &Fixture, arguments: &[&str]) -> Running {
        Running::of(fixture.command(arguments))
    }

    pub fn of(mut command: Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let (send, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            stdout
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| send.send(line))
        });
        Running { child, lines }
    }

    /// All lines up to the one that contains this.
    pub fn until(&self, wanted: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut said = String::new();
        while !said.contains(wanted) {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            said += &line.unwrap_or_else(|_| panic!("{wanted:?} never came after:\n{said}"));
            said.push('\n');
        }
        said
    }

    /// How often its threads have woken up so far, of their own will.
    #[cfg(target_os = "linux")]
    pub fn wake_ups(&self) -> u64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let switches = tasks.flatten().filter_map(|task| {
            // A thread may have ended meanwhile.
            let status = std::fs::read_to_string(task.path().join("status")).ok()?;
            let count = status.split("\nvoluntary_ctxt_switches:").nth(1)?;
            count.lines().next()?.trim().parse::<u64>().ok()
        });
        switches.sum()
    }

    /// Ctrl-C, and the exit code.
    pub fn interrupt(mut self) -> Option<i32> {
        kill(
            Pid::from_raw(self.child.id().try_into().unwrap()),
            Signal::SIGINT,
        )
        .unwrap();
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
