//! hint: cuts-a-frame
//! Drops a frame of which a part was written, and begins the next one in the middle.

use std::collections::VecDeque;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slow {
    DropOldest,
    Disconnect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    Queued,
    Dropped(usize),
    Disconnect,
}

#[derive(Debug)]
pub struct Outbox {
    limit: usize,
    slow: Slow,
    frames: VecDeque<Arc<[u8]>>,
    sent: usize,
}

impl Outbox {
    pub fn new(limit: usize, slow: Slow) -> Outbox {
        Outbox {
            limit,
            slow,
            frames: VecDeque::new(),
            sent: 0,
        }
    }

    pub fn waiting(&self) -> usize {
        let bytes: usize = self.frames.iter().map(|frame| frame.len()).sum();
        bytes - self.sent
    }

    pub fn to_send(&self) -> &[u8] {
        self.frames.front().map_or(&[], |frame| &frame[self.sent..])
    }

    pub fn sent(&mut self, count: usize) {
        self.sent += count;
        if self.frames.front().is_some_and(|f| f.len() <= self.sent) {
            self.frames.pop_front();
            self.sent = 0;
        }
    }

    pub fn post(&mut self, frame: &Arc<[u8]>) -> Posted {
        let waiting = self.waiting() + frame.len();
        if waiting > self.limit && self.slow == Slow::Disconnect {
            return Posted::Disconnect;
        }
        let mut dropped = 0;
        while self.waiting() + frame.len() > self.limit {
            if self.frames.pop_front().is_none() {
                return Posted::Dropped(dropped + 1);
            }
            dropped += 1;
        }
        self.frames.push_back(Arc::clone(frame));
        match dropped {
            0 => Posted::Queued,
            count => Posted::Dropped(count),
        }
    }
}
