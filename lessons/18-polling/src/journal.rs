//! Events in a file: they outlive the server.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::str;

use framing::{Error, Frames, PREFIX};

use crate::log::{Event, Log, MAX_TEXT};

/// How the file begins. Nothing else is taken for a journal, and nothing else is ever overwritten.
const MAGIC: &[u8] = b"events 1\n";

/// Bytes of an event's number, the most significant one first.
const ID: usize = 8;

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 64 * 1024;

// ANCHOR: journal
/// A file with the last events, each in a frame (lesson 03): its number, then its text.
///
/// Policy, durability: an event is with the kernel before anybody hears of it. It survives the end of the
/// process, however sudden; a power cut may take the last ones, because nothing waits for the disk.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of the file that are whole events.
    length: u64,
    records: usize,
    /// Behind them there may be a part of one.
    torn: bool,
}
// ANCHOR_END: journal

impl Journal {
    /// Opens the journal at `path`, or begins one, and returns the last `kept` events with it. An event
    /// that was not written to its end is dropped: nobody has heard of it.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when another process has it open; `InvalidData` when the file is no journal, or a
    /// damaged one, or a link to some other file: it is left as it is.
    pub fn open(path: &Path, kept: usize) -> io::Result<(Self, Log)> {
        let file = options().create(true).open(path)?;
        lock(&file, path)?;
        if !is_at(&file, path)? {
            let sentence = format!("{} is no file of its own; move it away", path.display());
            return Err(io::Error::new(ErrorKind::InvalidData, sentence));
        }
        let mut journal = Self {
            path: path.to_path_buf(),
            file,
            length: 0,
            records: 0,
            torn: false,
        };
        let (log, length, records) = read(&mut journal.file, path, kept)?;
        (journal.length, journal.records) = (length, records);
        if length == 0 {
            journal.file.set_len(0)?;
            journal.file.write_all(MAGIC)?;
            journal.length = MAGIC.len() as u64;
        } else {
            journal.file.set_len(length)?;
        }
        Ok((journal, log))
    }

    // ANCHOR: append
    /// Writes `event` behind the others. What a failed attempt has written of its event is taken away
    /// before the next one.
    ///
    /// # Errors
    ///
    /// Those of the file system: the disk is full.
    pub fn append(&mut self, event: &Event) -> io::Result<()> {
        let mut frames = Frames::new(ID + MAX_TEXT);
        push(&mut frames, event)?;
        if self.torn {
            self.file.set_len(self.length)?;
        }
        self.torn = true;
        self.file.write_all(frames.data_to_send())?;
        self.torn = false;
        self.length += frames.data_to_send().len() as u64;
        self.records += 1;
        Ok(())
    }
    // ANCHOR_END: append

    /// Writes a shorter journal in place of this one, when most of it is not kept any more. Policy, disk:
    /// a journal has at most twice as many events as the log keeps.
    ///
    /// # Errors
    ///
    /// Those of the file system. Then the old one goes on.
    pub fn shorten(&mut self, log: &Log) -> io::Result<()> {
        if self.records < 2 * log.kept() {
            return Ok(());
        }
        let beside = self.path.with_added_extension("new");
        // One may be left of an attempt that was ended. Never write into what somebody else put there.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = options().create_new(true).open(&beside)?;
        lock(&file, &beside)?;
        let mut bytes = MAGIC.to_vec();
        for event in log.events() {
            let mut frames = Frames::new(ID + MAX_TEXT);
            push(&mut frames, event)?;
            bytes.extend_from_slice(frames.data_to_send());
        }
        file.write_all(&bytes)?;
        // The name must not point to bytes that are not on the disk yet.
        file.sync_data()?;
        fs::rename(&beside, &self.path)?;
        self.file = file;
        self.length = bytes.len() as u64;
        self.records = log.events().count();
        Ok(())
    }
}

/// Closing a file gives its lock back when no process has it open any more, flock(2). One that this process
/// is just starting has a copy of each descriptor, fork(2); so the lock is given back by itself.
impl Drop for Journal {
    fn drop(&mut self) {
        let _ = self.file.unlock(); // Else the end of the processes does it.
    }
}

fn push(frames: &mut Frames, event: &Event) -> io::Result<()> {
    let mut payload = event.id.to_be_bytes().to_vec();
    payload.extend_from_slice(event.text.as_bytes());
    frames
        .send_frame(&payload)
        .map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))
}

/// To read, and to write at the end. What is said here is not for everybody who uses this computer.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.read(true).append(true);
    options
}

/// Whether this is the plain file that has this name. A folder for temporary files is everybody's: somebody
/// may have put a link there, to a file that we may write and they may not.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (named, open) = (fs::symlink_metadata(path)?, file.metadata()?);
    #[cfg(unix)]
    let is_same = {
        use std::os::unix::fs::MetadataExt;
        (named.dev(), named.ino()) == (open.dev(), open.ino())
    };
    #[cfg(not(unix))]
    let is_same = open.is_file();
    Ok(named.is_file() && is_same)
}

/// Two servers with one journal would give the same number twice.
fn lock(file: &File, path: &Path) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let sentence = format!("another server has {} open", path.display());
            Err(io::Error::new(ErrorKind::WouldBlock, sentence))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// What the file holds, and how many of its bytes and records are whole.
fn read(file: &mut File, path: &Path, kept: usize) -> io::Result<(Log, u64, usize)> {
    let damaged = |length: u64| {
        let path = path.display();
        let sentence = format!("{path} is no journal from byte {length} on; move it away");
        io::Error::new(ErrorKind::InvalidData, sentence)
    };
    let mut log = Log::new(kept);
    file.seek(SeekFrom::Start(0))?;
    let mut magic = Vec::new();
    file.take(MAGIC.len() as u64).read_to_end(&mut magic)?;
    match magic.as_slice() {
        MAGIC => {}
        begun if MAGIC.starts_with(begun) => return Ok((log, 0, 0)),
        _ => return Err(damaged(0)),
    }
    let mut length = MAGIC.len() as u64;
    let mut records = 0;
    let mut frames = Frames::new(ID + MAX_TEXT);
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        match file.read(&mut buffer)? {
            0 => frames.receive_end(),
            count => frames.receive_data(&buffer[..count]),
        }
        loop {
            match frames.next_event() {
                Ok(Some(framing::Event::Message(payload))) => {
                    let event = event(&payload).filter(|event| {
                        let expected = match records {
                            0 => event.id > 0,
                            _ => event.id == log.last() + 1,
                        };
                        expected && event.id < u64::MAX / 2 // There is always a next number.
                    });
                    log.push(event.ok_or_else(|| damaged(length))?);
                    length += (PREFIX + payload.len()) as u64;
                    records += 1;
                }
                Ok(None) => break,
                // Written in part, when the server was ended: it was not told to anybody.
                Ok(Some(framing::Event::End)) | Err(Error::EndsInside) => {
                    return Ok((log, length, records));
                }
                Err(_) => return Err(damaged(length)),
            }
        }
    }
}

fn event(payload: &[u8]) -> Option<Event> {
    let (id, text) = payload.split_first_chunk::<ID>()?;
    Some(Event {
        id: u64::from_be_bytes(*id),
        text: str::from_utf8(text).ok()?.into(),
    })
}
