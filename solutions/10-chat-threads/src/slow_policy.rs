//! Exercise: what to do for a member that reads too slowly.

use std::collections::VecDeque;
use std::sync::Arc;

/// What happens to a member for whom too much would have to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slow {
    /// It loses the oldest frames: right for prices, scores and positions, where the newest counts.
    DropOldest,
    /// It loses its connection: right for a chat, where everything counts. It can come back.
    Disconnect,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It waits, and nothing was lost.
    Queued,
    /// So many frames were dropped, the new one perhaps among them.
    Dropped(usize),
    /// The connection is to be closed. What waits does not matter any more.
    Disconnect,
}

/// What waits for one member.
#[derive(Debug)]
pub struct Outbox {
    /// Bytes that may wait, in all.
    limit: usize,
    slow: Slow,
    frames: VecDeque<Arc<[u8]>>,
    /// So many bytes of the first frame have been written already.
    sent: usize,
}

impl Outbox {
    /// Nothing waits. Never more than `limit` bytes will.
    pub fn new(limit: usize, slow: Slow) -> Outbox {
        Outbox {
            limit,
            slow,
            frames: VecDeque::new(),
            sent: 0,
        }
    }

    /// Bytes that wait: the rest of the first frame, and all others. This part is given.
    pub fn waiting(&self) -> usize {
        let bytes: usize = self.frames.iter().map(|frame| frame.len()).sum();
        bytes - self.sent
    }

    /// What is to be written next; empty when nothing waits. This part is given.
    pub fn to_send(&self) -> &[u8] {
        self.frames.front().map_or(&[], |frame| &frame[self.sent..])
    }

    /// The first `count` bytes of [`Outbox::to_send`] were written. This part is given.
    pub fn sent(&mut self, count: usize) {
        self.sent += count;
        if self.frames.front().is_some_and(|f| f.len() <= self.sent) {
            self.frames.pop_front();
            self.sent = 0;
        }
    }

    /// Puts `frame` behind what waits, if then no more than the limit waits. Otherwise this is a
    /// slow member, and [`Slow`] says what to do:
    ///
    /// - `Disconnect`: nothing changes, and the answer is [`Posted::Disconnect`];
    /// - `DropOldest`: the oldest frames are dropped, no more of them than needed, until the new one
    ///   fits. A frame of which a part has been written stays, because the other end waits for the
    ///   rest of it. When the new frame would not fit even then, it alone is dropped.
    ///
    /// What will come: frames of different lengths; one that fits exactly; one for which several
    /// have to go; one that is longer than the limit.
    ///
    /// Example with `DropOldest` and a limit of 10 bytes: frames of 4 and 5 bytes wait, and of the
    /// first one, 1 byte is written: 8 bytes wait. A frame of 3 bytes comes: the 5 bytes are
    /// dropped, and 6 wait.
    pub fn post(&mut self, frame: &Arc<[u8]>) -> Posted {
        // BEGIN SOLUTION: queue the frame if it fits; else do what the policy says, without touching a frame that is partly written
        let mut waiting = self.waiting() + frame.len();
        if waiting > self.limit && self.slow == Slow::Disconnect {
            return Posted::Disconnect;
        }
        let first = usize::from(self.sent > 0);
        let mut drop = 0;
        while waiting > self.limit {
            let Some(oldest) = self.frames.get(first + drop) else {
                return Posted::Dropped(1);
            };
            waiting -= oldest.len();
            drop += 1;
        }
        self.frames.drain(first..first + drop);
        self.frames.push_back(Arc::clone(frame));
        match drop {
            0 => Posted::Queued,
            count => Posted::Dropped(count),
        }
        // END SOLUTION
    }
}
