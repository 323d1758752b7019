//! hint: stops-at-the-first
//! Ends at the first member that cannot take it.

use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc};

pub const CAPACITY: usize = 8;

#[derive(Debug, Default)]
pub struct Room {
    members: Mutex<BTreeMap<String, mpsc::Sender<Arc<str>>>>,
}

impl Room {
    pub async fn join(&self, name: &str) -> Option<mpsc::Receiver<Arc<str>>> {
        let mut members = self.members.lock().await;
        if members.get(name).is_some_and(|queue| !queue.is_closed()) {
            return None;
        }
        let (sender, receiver) = mpsc::channel(CAPACITY);
        members.insert(name.to_owned(), sender);
        Some(receiver)
    }

    pub async fn tell(&self, text: Arc<str>) {
        let mut members = self.members.lock().await;
        let mut gone = None;
        for (name, queue) in members.iter() {
            if queue.try_send(Arc::clone(&text)).is_err() {
                gone = Some(name.clone());
                break;
            }
        }
        if let Some(name) = gone {
            members.remove(&name);
        }
    }
}
