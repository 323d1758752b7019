//! Who is in the room, and who must be told what: no socket, no queue and no clock.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::str;
use std::sync::Arc;

use crate::protocol::{MAX_NAME, MAX_TEXT, Notice, Refused};

/// Members of one room. All their names, 33 bytes each with the space, fit into one frame of
/// 65,536 bytes.
pub const MAX_MEMBERS: usize = 1_000;

/// Bytes that may wait for one member. Policy, slow consumer: for whom more would have to wait, is
/// put out of the room.
pub const MAX_QUEUE: usize = 256 * 1024;

/// A member's queue is full, and did not take a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueFull;

impl fmt::Display for QueueFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it reads too slowly: more than {MAX_QUEUE} bytes waited")
    }
}

impl std::error::Error for QueueFull {}

/// `WriteZero`: what a server reports of a member that was put out.
impl From<QueueFull> for io::Error {
    fn from(full: QueueFull) -> Self {
        io::Error::new(io::ErrorKind::WriteZero, full)
    }
}

// ANCHOR: room
/// A room whose members are known by a `Key`: a number, a token, whatever the engine uses.
///
/// Every call that has something to tell takes `post`, which puts a frame into one member's queue
/// and must not wait. When it says [`QueueFull`], the member is out of the room when the call
/// returns, and the others have been told; its connection is for the engine to end.
///
/// All members are told everything in the same order.
#[derive(Debug)]
pub struct Room<Key> {
    members: BTreeMap<Key, String>,
    frame: fn(&Notice) -> Vec<u8>,
}

impl<Key: Copy + Ord> Room<Key> {
    /// Nobody is in.
    pub fn new() -> Self {
        Self::with_frames(Notice::to_frame)
    }

    /// As [`Room::new`], for members that are told in frames of another kind.
    pub fn with_frames(frame: fn(&Notice) -> Vec<u8>) -> Self {
        Self {
            members: BTreeMap::new(),
            frame,
        }
    }

    /// Takes one message of a client: its name, when it is not a member yet, and after that what it
    /// says.
    ///
    /// # Errors
    ///
    /// The client is refused, and is no member any more (the others have been told): tell it why,
    /// and end its connection.
    pub fn receive(
        &mut self,
        key: Key,
        message: &[u8],
        post: impl FnMut(Key, &Arc<[u8]>) -> Result<(), QueueFull>,
    ) -> Result<(), Refused> {
        match self.members.get(&key) {
            None => self.join(key, message, post),
            Some(name) => match str::from_utf8(message) {
                Ok("") => Ok(()),
                Ok(text) if message.len() <= MAX_TEXT => {
                    let said = Notice::Said(name.clone(), text.to_owned());
                    self.tell(said, post);
                    Ok(())
                }
                _ => {
                    self.leave(key, post);
                    Err(Refused::BadText)
                }
            },
        }
    }

    fn join(
        &mut self,
        key: Key,
        name: &[u8],
        mut post: impl FnMut(Key, &Arc<[u8]>) -> Result<(), QueueFull>,
    ) -> Result<(), Refused> {
        let name = good_name(name)?;
        if self.members.values().any(|taken| taken == name) {
            return Err(Refused::NameTaken);
        }
        if self.members.len() >= MAX_MEMBERS {
            return Err(Refused::Full);
        }
        let welcome = Notice::Welcome(self.members.values().cloned().collect());
        if post(key, &(self.frame)(&welcome).into()).is_ok() {
            // The newcomer is told of itself too: from its welcome on, it misses nothing.
            self.members.insert(key, name.to_owned());
            self.tell(Notice::Joined(name.to_owned()), post);
        }
        Ok(())
    }

    /// The connection of `key` has ended, however it ended. Nothing happens when it is no member.
    pub fn leave(&mut self, key: Key, post: impl FnMut(Key, &Arc<[u8]>) -> Result<(), QueueFull>) {
        if let Some(name) = self.members.remove(&key) {
            self.tell(Notice::Left(name), post);
        }
    }

    /// Tells every member that the server stops. Nobody is in the room after that.
    pub fn close(&mut self, mut post: impl FnMut(Key, &Arc<[u8]>) -> Result<(), QueueFull>) {
        let frame = (self.frame)(&Notice::Closing).into();
        for key in std::mem::take(&mut self.members).into_keys() {
            // Who cannot take even that will see the end of the stream.
            let _ = post(key, &frame);
        }
    }

    /// Whether `key` has given its name.
    pub fn contains(&self, key: Key) -> bool {
        self.members.contains_key(&key)
    }

    /// Tells all members; and of each whose queue is full, tells the others that it is gone.
    fn tell(
        &mut self,
        notice: Notice,
        mut post: impl FnMut(Key, &Arc<[u8]>) -> Result<(), QueueFull>,
    ) {
        let mut notices = VecDeque::from([notice]);
        // It ends: each further notice is a member less.
        while let Some(notice) = notices.pop_front() {
            let frame: Arc<[u8]> = (self.frame)(&notice).into();
            self.members.retain(|key, name| {
                let taken = post(*key, &frame);
                if taken.is_err() {
                    notices.push_back(Notice::Left(name.clone()));
                }
                taken.is_ok()
            });
        }
    }
}
// ANCHOR_END: room

impl<Key: Copy + Ord> Default for Room<Key> {
    fn default() -> Self {
        Self::new()
    }
}

fn good_name(name: &[u8]) -> Result<&str, Refused> {
    match str::from_utf8(name) {
        Ok(text)
            if (1..=MAX_NAME).contains(&name.len())
                && !text.contains(|c: char| c.is_whitespace() || c.is_control()) =>
        {
            Ok(text)
        }
        _ => Err(Refused::BadName),
    }
}
