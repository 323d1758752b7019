//! Runs another program that may hang, print without end, leave children behind or end in any way: it gets a process
//! group of its own, its output is drained and capped, and the whole group is killed when its time is over.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::trouble::{Result, Trouble};

/// How often a running program is looked at when its output says nothing.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long output is still awaited after the end, from pipes that some other process may hold open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Set by Ctrl-C: every running program is killed and `run` returns.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// The groups that run now, for Ctrl-C.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// What a program left behind.
pub struct Ended {
    /// None: its time was over, or it was called off, and it was killed.
    pub status: Option<ExitStatus>,
    pub stdout: String,
    pub stderr: String,
    pub elapsed: Duration,
}

impl Ended {
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

pub struct Limits<'a> {
    pub time: Duration,
    /// Bytes of each output that are kept; the rest is read and dropped.
    pub kept: usize,
    /// Becomes true when nobody wants the result any more.
    pub called_off: &'a AtomicBool,
}

/// Runs the program to its end or to its limit.
///
/// # Errors
/// When it cannot be started, and when Ctrl-C was pressed.
pub fn run(command: &mut Command, limits: &Limits<'_>) -> Result<Ended> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    own_group(command);
    let started = Instant::now();
    let mut child = start(command)?;
    let (ended, end_of_output) = mpsc::channel();
    let stdout = drain(child.stdout.take(), limits.kept, ended.clone());
    let stderr = drain(child.stderr.take(), limits.kept, ended);
    let deadline = started + limits.time;
    let status = loop {
        // Both outputs end when the program does, so this usually returns at once then; a program that closed its
        // output, or whose child holds it open, is found by looking.
        let _ = end_of_output
            .recv_timeout(LOOK_EVERY.min(deadline.saturating_duration_since(Instant::now())));
        if let Some(status) = reap(&mut child)? {
            break Some(status);
        }
        let over = Instant::now() >= deadline || limits.called_off.load(Ordering::Relaxed);
        if over || was_interrupted() {
            kill_group(child.id());
            let _ = child.kill();
            let _ = child.wait();
            running().remove(&child.id());
            break None;
        }
    };
    let elapsed = started.elapsed();
    // Children of the program that outlive it would keep ports and pipes.
    kill_group(child.id());
    if was_interrupted() {
        return Err(Trouble::Interrupted);
    }
    let patience = Instant::now() + LAST_WORDS;
    while let Err(RecvTimeoutError::Timeout) = end_of_output.recv_timeout(LOOK_EVERY) {
        if Instant::now() >= patience {
            break;
        }
    }
    Ok(Ended {
        status,
        stdout: text(&stdout),
        stderr: text(&stderr),
        elapsed,
    })
}

/// Kills everything that runs and lets `run` return; called by Ctrl-C.
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::SeqCst);
    for group in running().iter() {
        kill_group(*group);
    }
}

pub fn was_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

fn running() -> MutexGuard<'static, BTreeSet<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start(command: &mut Command) -> Result<Child> {
    // The lock is held over the start, so that Ctrl-C either sees the new group or comes before it.
    let mut running = running();
    if was_interrupted() {
        return Err(Trouble::Interrupted);
    }
    let child = command
        .spawn()
        .map_err(|error| could_not_start(command, &error))?;
    running.insert(child.id());
    Ok(child)
}

fn could_not_start(command: &Command, error: &io::Error) -> Trouble {
    let program = command.get_program().display();
    Trouble::new(format!(
        "Could not start {program}: {error}. Check that it is installed and may be run."
    ))
}

/// Takes the exit status if there is one. The group leaves the list under the same lock, so that Ctrl-C never kills a
/// number that the system has given to somebody else.
fn reap(child: &mut Child) -> Result<Option<ExitStatus>> {
    let mut running = running();
    let status = child
        .try_wait()
        .map_err(|error| Trouble::new(format!("Could not wait for a program: {error}.")))?;
    if status.is_some() {
        running.remove(&child.id());
    }
    Ok(status)
}

/// Reads to the end in a thread of its own, keeps the first bytes, and drops its sender at the end.
fn drain(
    from: Option<impl Read + Send + 'static>,
    keep: usize,
    ended: Sender<()>,
) -> Arc<Mutex<Vec<u8>>> {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&kept);
    thread::spawn(move || {
        let _ended = ended;
        let Some(mut from) = from else { return };
        let mut buffer = [0; 64 * 1024];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    let mut into = into.lock().unwrap_or_else(PoisonError::into_inner);
                    let room = keep.saturating_sub(into.len());
                    into.extend_from_slice(&buffer[..n.min(room)]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
    });
    kept
}

fn text(bytes: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// Puts the program into a process group of its own, so that its children can be ended with it.
#[cfg(unix)]
pub fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(unix)]
fn kill_group(leader: u32) {
    signal_group(leader, nix::sys::signal::Signal::SIGKILL);
}

/// Asks everything in the group to end, as `kill` does.
#[cfg(unix)]
pub fn end_group(leader: u32) {
    signal_group(leader, nix::sys::signal::Signal::SIGTERM);
}

#[cfg(unix)]
fn signal_group(leader: u32, signal: nix::sys::signal::Signal) {
    if let Ok(group) = i32::try_from(leader) {
        // An error means that nobody is left, which is the goal.
        let _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), signal);
    }
}

#[cfg(not(unix))]
pub fn own_group(_command: &mut Command) {}

#[cfg(not(unix))]
fn kill_group(_leader: u32) {}

/// Nothing can be asked to end there; only Unix has strace anyway.
#[cfg(not(unix))]
pub fn end_group(_leader: u32) {}

/// How a program ended, in words: "exit code 3", "signal 6 (SIGABRT)".
pub fn how_it_ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(number) = status.signal() {
            let name =
                nix::sys::signal::Signal::try_from(number).map_or("", |signal| signal.as_str());
            return format!("signal {number} {name}").trim_end().to_owned();
        }
    }
    status.code().map_or_else(
        || "no exit code".to_owned(),
        |code| format!("exit code {code}"),
    )
}
