//! hint: unbounded-subscribers
//! Lets everybody in.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

pub type Id = u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    pub missed: u64,
    pub events: Vec<Arc<str>>,
}

#[derive(Debug)]
pub struct Subscribers {
    max: usize,
    kept: usize,
    events: VecDeque<Arc<str>>,
    published: u64,
    heard: HashMap<Id, u64>,
    next_id: Id,
}

impl Subscribers {
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

    pub fn subscribe(&mut self) -> Result<Id, Full> {
        let id = self.next_id;
        self.next_id += 1;
        self.heard.insert(id, self.published);
        Ok(id)
    }

    pub fn publish(&mut self, event: Arc<str>) {
        if self.events.len() == self.kept {
            self.events.pop_front();
        }
        self.published += 1;
        self.events.push_back(event);
    }

    pub fn news(&mut self, id: Id) -> Option<News> {
        let heard = self.heard.get_mut(&id)?;
        let new = self.published - *heard;
        *heard = self.published;
        let missed = new.saturating_sub(self.events.len() as u64);
        let old = self.events.len() - (new - missed) as usize;
        Some(News {
            missed,
            events: self.events.iter().skip(old).cloned().collect(),
        })
    }

    pub fn leave(&mut self, id: Id) {
        self.heard.remove(&id);
    }
}
