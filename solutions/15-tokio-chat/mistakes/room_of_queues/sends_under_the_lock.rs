//! hint: guard-over-await
//! Waits for each member while it holds the lock.

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
        let mut gone = Vec::new();
        let mut members = self.members.lock().await;
        for (name, queue) in members.iter() {
            if queue.send(Arc::clone(&text)).await.is_err() {
                gone.push(name.clone());
            }
        }
        for name in gone {
            members.remove(&name);
        }
    }
}
