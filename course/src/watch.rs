//! `cargo course watch`: a verdict on every save.
//!
//! Saves are found by looking at the files' times and sizes. Notifications from the system only say when to look sooner,
//! so a save is also found where they do not arrive (containers, network file systems). The files are looked at before
//! a run begins, so a save during the run is found after it: none is lost, and two never run at once.

use std::fs;
use std::io::{IsTerminal, Write, stdout};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::catalogue::{Catalogue, Exercise, Language};
use crate::check;
use crate::process::was_interrupted;
use crate::progress::Progress;
use crate::show;
use crate::trouble::{Result, Trouble};

/// How often Ctrl-C is noticed.
const WAKE_EVERY: Duration = Duration::from_millis(100);
/// How often files are looked at beside notifications.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The same when there are none.
const POLL_EVERY: Duration = Duration::from_millis(200);
/// A save is over when the file has not changed for this long: editors empty and fill it, or write and rename.
const SETTLED: Duration = Duration::from_millis(20);
const SETTLED_AT_LAST: Duration = Duration::from_millis(500);

/// Time and size of each exercise's file; None while it is not there.
type Stamps = Vec<Option<(SystemTime, u64)>>;

/// Watches until Ctrl-C, or until every exercise is solved.
///
/// # Errors
/// When the set-up is broken.
pub fn watch(
    catalogue: &Catalogue,
    first: Option<&Exercise>,
    poll: bool,
    language: Language,
) -> Result<()> {
    let (wake, woken) = mpsc::channel();
    let watcher = if poll {
        None
    } else {
        notifications(&[catalogue.root.join("exercises")], wake)
    };
    let look_every = if watcher.is_some() {
        LOOK_EVERY
    } else {
        POLL_EVERY
    };
    let progress = Progress::load(&catalogue.root)?;
    let Some(mut current) = first.or_else(|| check::next_unsolved(catalogue, &progress, None))
    else {
        println!(
            "Every exercise is solved. `cargo course watch EXERCISE` watches one all the same."
        );
        return Ok(());
    };
    let mut seen = stamps(catalogue);
    let mut saved = None;
    loop {
        clear();
        match check::one(catalogue, current, language) {
            Ok(passed) => {
                if let Some(saved) = saved {
                    println!("Verdict {} after your save.", show::seconds(since(saved)));
                }
                if passed {
                    let progress = Progress::load(&catalogue.root)?;
                    match check::next_unsolved(catalogue, &progress, Some(current)) {
                        Some(next) => current = next,
                        None => return Ok(()),
                    }
                }
            }
            Err(Trouble::Interrupted) => return Ok(()),
            Err(trouble) => show::trouble(&trouble),
        }
        println!();
        println!("Watching {}", current.file().display());
        println!("Save to check; Ctrl-C ends.");
        let Some((index, now)) = next_save(catalogue, &seen, &woken, look_every) else {
            println!();
            return Ok(());
        };
        seen = now;
        saved = seen[index].map(|(time, _)| time);
        current = &catalogue.exercises[index];
    }
}

/// Wakes when something below one of the folders changes. None where the system cannot notify.
pub fn notifications(folders: &[PathBuf], wake: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let on_event = move |event: notify::Result<Event>| {
        // Who looks at the files must not be woken by that.
        if !event.is_ok_and(|event| event.kind.is_access()) {
            // The watch has ended when nobody listens.
            let _ = wake.send(());
        }
    };
    let mut watcher = notify::recommended_watcher(on_event).ok()?;
    for folder in folders {
        watcher.watch(folder, RecursiveMode::Recursive).ok()?;
    }
    Some(watcher)
}

fn stamps(catalogue: &Catalogue) -> Stamps {
    let stamp = |exercise: &Exercise| {
        let data = fs::metadata(catalogue.root.join(exercise.file())).ok()?;
        Some((data.modified().ok()?, data.len()))
    };
    catalogue.exercises.iter().map(stamp).collect()
}

/// Waits for a save of any exercise; None on Ctrl-C.
fn next_save(
    catalogue: &Catalogue,
    seen: &Stamps,
    woken: &Receiver<()>,
    look_every: Duration,
) -> Option<(usize, Stamps)> {
    let mut looked = None;
    loop {
        if was_interrupted() {
            return None;
        }
        let due = looked.is_none_or(|at: Instant| at.elapsed() >= look_every);
        if due {
            looked = Some(Instant::now());
            let now = stamps(catalogue);
            if changed(seen, &now).is_some() {
                let settled = settled(catalogue, now);
                if let Some(index) = changed(seen, &settled) {
                    return Some((index, settled));
                }
            }
        }
        match woken.recv_timeout(WAKE_EVERY) {
            Ok(()) => {
                while woken.try_recv().is_ok() {}
                looked = None;
            }
            // Without notifications nobody holds the other end, and the call returns at once.
            Err(mpsc::RecvTimeoutError::Disconnected) => thread::sleep(WAKE_EVERY),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
    }
}

/// The latest save, of a file that is there.
fn changed(seen: &Stamps, now: &Stamps) -> Option<usize> {
    let different =
        (0..now.len()).filter(|index| now[*index].is_some() && now[*index] != seen[*index]);
    different.max_by_key(|index| now[*index])
}

fn settled(catalogue: &Catalogue, mut now: Stamps) -> Stamps {
    let patience = Instant::now() + SETTLED_AT_LAST;
    loop {
        thread::sleep(SETTLED);
        let later = stamps(catalogue);
        if later == now || Instant::now() >= patience {
            return later;
        }
        now = later;
    }
}

fn since(time: SystemTime) -> Duration {
    // A clock that was set back meanwhile.
    time.elapsed().unwrap_or_default()
}

fn clear() {
    if stdout().is_terminal() {
        print!("\x1b[2J\x1b[3J\x1b[H");
        let _ = stdout().flush();
    }
}
