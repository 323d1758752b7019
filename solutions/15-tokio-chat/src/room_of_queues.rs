//! Exercise: a room that waits for nobody.

use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc};

/// Messages that may wait for one member.
pub const CAPACITY: usize = 8;

/// The members of a chat, and a queue for each.
#[derive(Debug, Default)]
pub struct Room {
    /// Who is in, by name. This lock is held by one task at a time, and the others wait for it.
    members: Mutex<BTreeMap<String, mpsc::Sender<Arc<str>>>>,
}

impl Room {
    /// Lets `name` in, and returns the queue of what it will be told; or `None` when a member of
    /// that name is here. At most [`CAPACITY`] messages wait in the queue.
    ///
    /// A member whose receiver was dropped is not here any more: its name is free at once, also when
    /// nothing has been told since.
    pub async fn join(&self, name: &str) -> Option<mpsc::Receiver<Arc<str>>> {
        // BEGIN SOLUTION: refuse a name that is taken by a member whose queue is not closed; else make a queue and keep its sender
        let mut members = self.members.lock().await;
        if members.get(name).is_some_and(|queue| !queue.is_closed()) {
            return None;
        }
        let (sender, receiver) = mpsc::channel(CAPACITY);
        members.insert(name.to_owned(), sender);
        Some(receiver)
        // END SOLUTION
    }

    /// Puts `text` into the queue of every member, and waits for none of them.
    ///
    /// Whose queue is full, or whose receiver is gone, is put out of the room: nothing keeps its
    /// sender, and its receiver gets what waits already and then `None`.
    ///
    /// What will come: a member that does not read, one that has gone, and others behind them that
    /// must be told all the same.
    ///
    /// Example: `ana` has 8 messages waiting, `bob` has none. After `tell("hi")` bob has one, and
    /// `ana` is out.
    pub async fn tell(&self, text: Arc<str>) {
        // BEGIN SOLUTION: try to send to each member, and keep those that could take it
        let mut members = self.members.lock().await;
        // Nothing is awaited while the lock is held.
        members.retain(|_, queue| queue.try_send(Arc::clone(&text)).is_ok());
        // END SOLUTION
    }
}
