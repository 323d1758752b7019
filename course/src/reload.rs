//! For authors: a save builds the book anew, and open pages show it at once. They hear of it over lesson 22's WebSocket.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use http::{Body, Request, Response, Status};
use notify::RecommendedWatcher;
use polling::Feed;

use crate::push::Followers;
use crate::watch;

/// What the book is made from, from the root.
const SOURCES: [&str; 4] = ["book", "lessons", "bench/figures", "peer/tests"];
/// Builds that the feed remembers. A page that has missed more is loaded anew just the same.
const KEPT: usize = 10;

/// How often the sources are looked at, besides when the system says that something has changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A save is over when nothing has changed for this long.
const SETTLED: Duration = Duration::from_millis(50);
const SETTLED_AT_LAST: Duration = Duration::from_secs(1);

/// Added to each page. `CURSOR` is the number of the build that it shows.
const SCRIPT: &str = include_str!("reload.js");

/// The builds so far, as events. Clones are the same.
#[derive(Clone)]
pub struct Reload {
    builds: Feed,
    pages: Followers,
}

impl Reload {
    /// The first build is done.
    pub fn new() -> Self {
        let builds = Feed::in_memory(KEPT);
        let pages = Followers::new(builds.clone());
        Self { builds, pages }
    }

    /// There is a new build.
    pub fn built(&self) {
        // A feed in memory takes every short text.
        let _ = self.builds.publish("built");
        self.pages.tell();
    }

    /// The number of the last build.
    pub fn cursor(&self) -> u64 {
        self.builds.last()
    }

    /// Says goodbye to all pages: the server stops.
    pub fn close(&self) {
        self.pages.close();
    }

    /// `/reload?since=CURSOR`: a WebSocket that says when there is a newer build.
    pub fn answer(&self, request: &Request) -> Option<Response> {
        let is_asked = request.path() == "/reload";
        is_asked.then(|| self.pages.answer(request, Arc::default()))
    }

    /// The page with the script, when it is one. It shows the build `cursor`, or a later one.
    pub fn with_script(&self, response: Response, cursor: u64) -> Response {
        let is_page = |(name, value): &(&str, String)| {
            *name == "Content-Type" && value.starts_with("text/html")
        };
        match response.body {
            Body::File(file, length)
                if response.status == Status::OK && response.fields.iter().any(is_page) =>
            {
                let mut page = Vec::new();
                match file.take(length).read_to_end(&mut page) {
                    Ok(_) => {
                        let script = SCRIPT.replace("CURSOR", &cursor.to_string());
                        page.extend(format!("<script>\n{script}</script>\n").into_bytes());
                        // Not the file's fields: its tag and its date say nothing about the script.
                        Response::new(Status::OK, "text/html; charset=utf-8", page)
                            .with("Cache-Control", "no-store")
                    }
                    Err(_) => Response::plain(Status::INTERNAL_SERVER_ERROR),
                }
            }
            _ => response,
        }
    }
}

/// Notices saves. As in `watch`, the files say what has changed, and the system only when to look sooner.
pub struct Sources {
    root: PathBuf,
    seen: Stamps,
    looked: Instant,
    woken: Receiver<()>,
    /// As long as this is there, it wakes.
    _notifications: Option<RecommendedWatcher>,
}

/// Time and size of each file.
type Stamps = BTreeMap<PathBuf, (SystemTime, u64)>;

impl Sources {
    /// Everything is as it is now.
    pub fn new(root: &Path) -> Self {
        let (wake, woken) = mpsc::channel();
        Self {
            root: root.to_path_buf(),
            seen: stamps(root),
            looked: Instant::now(),
            woken,
            _notifications: watch::notifications(&SOURCES.map(|folder| root.join(folder)), wake),
        }
    }

    /// Whether something was saved since the last time. Waits for `patience` at most, unless a save is just being made.
    pub fn have_changed(&mut self, patience: Duration) -> bool {
        match self.woken.recv_timeout(patience) {
            Ok(()) => while self.woken.try_recv().is_ok() {},
            Err(mpsc::RecvTimeoutError::Timeout) if self.looked.elapsed() < LOOK_EVERY => {
                return false;
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            // Without notifications nobody holds the other end, and the call returns at once.
            Err(mpsc::RecvTimeoutError::Disconnected) => thread::sleep(patience),
        }
        self.looked = Instant::now();
        let mut now = stamps(&self.root);
        if now == self.seen {
            return false;
        }
        let at_last = Instant::now() + SETTLED_AT_LAST;
        loop {
            thread::sleep(SETTLED);
            let later = stamps(&self.root);
            if later == now || Instant::now() >= at_last {
                self.seen = later;
                return true;
            }
            now = later;
        }
    }
}

fn stamps(root: &Path) -> Stamps {
    let mut stamps = Stamps::new();
    let mut folders: Vec<PathBuf> = SOURCES.map(|folder| root.join(folder)).to_vec();
    while let Some(folder) = folders.pop() {
        // What is deleted meanwhile is not there, now or next time.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match stamp(&entry) {
                Ok(Some(stamp)) => drop(stamps.insert(entry.path(), stamp)),
                Ok(None) => folders.push(entry.path()),
                Err(_) => {}
            }
        }
    }
    stamps
}

/// None for a folder.
fn stamp(entry: &DirEntry) -> io::Result<Option<(SystemTime, u64)>> {
    let data = entry.metadata()?;
    match data.is_dir() {
        true => Ok(None),
        false => Ok(Some((data.modified()?, data.len()))),
    }
}
