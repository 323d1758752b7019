//! Exercise: subscribers that cost no memory, however slow they are.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// What tells one subscriber from another. No two ever have the same number.
pub type Id = u64;

/// There are as many subscribers as may be: 503 Service Unavailable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// What is new for one subscriber.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// So many events have come since it asked last, and are kept no longer.
    pub missed: u64,
    /// The events behind those, the oldest first.
    pub events: Vec<Arc<str>>,
}

/// Those who listen, and the last events. A subscriber has no queue of its own, only a number: how much
/// it has heard.
#[derive(Debug)]
pub struct Subscribers {
    /// Subscribers that there may be at the same time.
    max: usize,
    /// Events that are kept, at least one.
    kept: usize,
    /// The last events, the oldest first.
    events: VecDeque<Arc<str>>,
    /// How many events there have ever been.
    published: u64,
    /// For each subscriber, how many of these it has heard, or missed.
    heard: HashMap<Id, u64>,
    next_id: Id,
}

impl Subscribers {
    /// Nobody listens, and nothing has happened. There will be `max` subscribers at most, and never
    /// more than `kept` events are kept, for all of them together.
    pub fn new(max: usize, kept: usize) -> Subscribers {
        Subscribers {
            max,
            kept: kept.max(1),
            events: VecDeque::new(),
            published: 0,
            heard: HashMap::new(),
            next_id: 1,
        }
    }

    /// Somebody listens from now on: what has happened before is not new for it.
    ///
    /// # Errors
    /// [`Full`] while there are as many subscribers as may be. Those who have left do not count.
    pub fn subscribe(&mut self) -> Result<Id, Full> {
        // BEGIN SOLUTION: refuse when there are as many as may be, else give it a number of its own, and say that it has heard everything so far
        if self.heard.len() >= self.max {
            return Err(Full);
        }
        let id = self.next_id;
        self.next_id += 1;
        self.heard.insert(id, self.published);
        Ok(id)
        // END SOLUTION
    }

    /// Something has happened. It waits for nobody.
    ///
    /// What will come: many events while nobody asks for news; events when nobody listens.
    pub fn publish(&mut self, event: Arc<str>) {
        // BEGIN SOLUTION: forget the oldest event when as many are there as may be kept; count the new one and keep it
        if self.events.len() == self.kept {
            self.events.pop_front();
        }
        self.published += 1;
        self.events.push_back(event);
        // END SOLUTION
    }

    /// What is new for this subscriber since it asked last: each event exactly once, in order. Of what
    /// is kept no longer it learns how much that was. `None` when there is no such subscriber (any
    /// more).
    ///
    /// What will come: subscribers that ask after every event, seldom, or never; more events between
    /// two questions than are kept, and exactly as many; those who have left.
    ///
    /// Example, with 3 events kept: after 5 events, the news are `missed: 2` and the last three. Asked
    /// again, there are none.
    pub fn news(&mut self, id: Id) -> Option<News> {
        // BEGIN SOLUTION: count what it has not heard; what is not kept is missed, the rest stands at the end of the events; and it has heard everything now
        let heard = self.heard.get_mut(&id)?;
        let new = self.published - *heard;
        *heard = self.published;
        let missed = new.saturating_sub(self.events.len() as u64);
        let old = self.events.len() - (new - missed) as usize;
        Some(News {
            missed,
            events: self.events.iter().skip(old).cloned().collect(),
        })
        // END SOLUTION
    }

    /// This subscriber is gone, and its place is free.
    ///
    /// What will come: one that is gone already. Then nothing changes.
    pub fn leave(&mut self, id: Id) {
        // BEGIN SOLUTION: forget it
        self.heard.remove(&id);
        // END SOLUTION
    }
}
