//! The room and the queues of all who are connected, under one lock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat_threads::Room;
use chat_threads::protocol::{Notice, Refused};
use framing::{Error, Event, Frames};

use crate::queue::Queue;

/// Names a connection, and no other one ever.
pub(crate) type Key = u64;

/// Messages of one client before the others have their turn. One message to a large room is many
/// frames in many queues; their owners must get the chance to send them.
const TURN: usize = 16;

/// How a conversation comes to its end.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The client has ended its stream; between two messages, or inside one.
    Left(Result<(), Error>),
    /// The client is not welcome, or not any more.
    Refused(Refused),
    /// It did not read, and its queue was full. There is no farewell.
    TooSlow,
    /// The server stops.
    Stopped,
}

/// What a turn has come to.
pub(crate) enum Turn {
    /// No whole message is left.
    Done,
    /// There may be more messages, which have to wait for the next turn.
    More,
    /// There will be no further turn.
    Over(Ending),
}

// ANCHOR: hall
/// Who is connected. Its lock makes the order in which all members are told everything.
///
/// It is the lock of the standard library, and no function that takes it is async: so it cannot be
/// held while a task waits for something.
#[derive(Debug, Default)]
pub(crate) struct Hall {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next_key: Key,
    room: Room<Key>,
    queues: HashMap<Key, Arc<Queue>>,
    closed: bool,
}

impl Hall {
    /// A client has come, and has no name yet.
    pub(crate) fn enter(&self) -> (Key, Arc<Queue>) {
        let mut state = self.state();
        let key = state.next_key;
        state.next_key += 1;
        let queue = Arc::new(Queue::default());
        state.queues.insert(key, Arc::clone(&queue));
        (key, queue)
    }

    /// Nothing is put into this client's queue from now on. To leave again changes nothing.
    pub(crate) fn leave(&self, key: Key) {
        let State { room, queues, .. } = &mut *self.state();
        queues.remove(&key);
        room.leave(key, |key, frame| queues[&key].push(frame));
    }

    /// Gives a few messages of a client to the room, and adds their number to `received`.
    pub(crate) fn take_turn(&self, key: Key, frames: &mut Frames, received: &mut u64) -> Turn {
        // Policy, fairness: so many, and then the others.
        for _ in 0..TURN {
            let ending = match frames.next_event() {
                Ok(Some(Event::Message(message))) => match self.receive(key, &message) {
                    Ok(()) => {
                        *received += 1;
                        continue;
                    }
                    Err(ending) => ending,
                },
                Ok(Some(Event::End)) => Ending::Left(Ok(())),
                Ok(None) => return Turn::Done,
                Err(Error::TooLong { .. }) if self.contains(key) => {
                    Ending::Refused(Refused::BadText)
                }
                Err(Error::TooLong { .. }) => Ending::Refused(Refused::BadName),
                Err(error) => Ending::Left(Err(error)),
            };
            return Turn::Over(ending);
        }
        Turn::More
    }

    fn receive(&self, key: Key, message: &[u8]) -> Result<(), Ending> {
        let State {
            room,
            queues,
            closed,
            ..
        } = &mut *self.state();
        if *closed {
            return Err(Ending::Stopped);
        }
        // The room has put it out. What it says now would be taken for the name of a newcomer.
        if queues[&key].has_overflowed() {
            return Err(Ending::TooSlow);
        }
        room.receive(key, message, |key, frame| queues[&key].push(frame))
            .map_err(Ending::Refused)
    }

    fn contains(&self, key: Key) -> bool {
        self.state().room.contains(key)
    }

    /// Tells all members that the server stops. After that nobody can become one.
    pub(crate) fn close(&self) {
        let State {
            room,
            queues,
            closed,
            ..
        } = &mut *self.state();
        *closed = true;
        room.close(|key, frame| queues[&key].push(frame));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
// ANCHOR_END: hall

/// What the client is told of how it ended, if anything.
impl Ending {
    pub(crate) fn last_word(&self) -> Option<Notice> {
        match self {
            Ending::Refused(why) => Some(Notice::Refused(*why)),
            _ => None,
        }
    }
}
