//! hint: departed-stays
//! A name stays taken until something is told.

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
        if members.contains_key(name) {
            return None;
        }
        let (sender, receiver) = mpsc::channel(CAPACITY);
        members.insert(name.to_owned(), sender);
        Some(receiver)
    }

    pub async fn tell(&self, text: Arc<str>) {
        let mut members = self.members.lock().await;
        // Nothing is awaited while the lock is held.
        members.retain(|_, queue| queue.try_send(Arc::clone(&text)).is_ok());
    }
}
