//! hint: never-closes
//! Leaves the queue open, so that its writer waits for ever.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use chat_threads::protocol::{MAX_TEXT, Notice};
use chat_threads::{MAX_QUEUE, Queue, QueueFull, Room};
use framing::{Event, Frames};

pub struct Client {
    stream: TcpStream,
    queue: Queue,
}

#[derive(Default)]
pub struct Hall {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    room: Room<u64>,
    clients: BTreeMap<u64, Arc<Client>>,
}

impl Hall {
    pub fn receive(&self, key: u64, message: &[u8]) -> bool {
        let State { room, clients } = &mut *self.state();
        let Some(client) = clients.get(&key).cloned() else {
            return false;
        };
        match room.receive(key, message, |key, frame| deliver(clients, key, frame)) {
            Ok(()) => true,
            Err(why) => {
                let _ = client.queue.push(&Notice::Refused(why).to_frame().into());
                false
            }
        }
    }

    pub fn leave(&self, key: u64) {
        let State { room, clients } = &mut *self.state();
        room.leave(key, |key, frame| deliver(clients, key, frame));
        clients.remove(&key);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn deliver(
    clients: &mut BTreeMap<u64, Arc<Client>>,
    key: u64,
    frame: &Arc<[u8]>,
) -> Result<(), QueueFull> {
    let client = clients.get(&key).ok_or(QueueFull)?;
    let posted = post(client, frame);
    if posted.is_err() {
        let _ = client.stream.shutdown(Shutdown::Both);
        client.queue.abandon();
        clients.remove(&key);
    }
    posted
}

pub fn serve(listener: TcpListener) -> io::Result<()> {
    let hall = Arc::new(Hall::default());
    for key in 0.. {
        let (stream, _) = listener.accept()?;
        // Lesson 07: a frame shall not wait for the answer to the one before.
        stream.set_nodelay(true)?;
        let queue = Queue::new(MAX_QUEUE);
        let client = Arc::new(Client { stream, queue });
        hall.state().clients.insert(key, Arc::clone(&client));
        welcome(&hall, key, &client)?;
    }
    Ok(())
}

fn post(client: &Client, frame: &Arc<[u8]>) -> Result<(), QueueFull> {
    client.queue.push(frame)
}

fn welcome(hall: &Arc<Hall>, key: u64, client: &Arc<Client>) -> io::Result<()> {
    let writer = Arc::clone(client);
    thread::Builder::new().spawn(move || {
        while let Some(frame) = writer.queue.pop() {
            if (&writer.stream).write_all(&frame).is_err() {
                return writer.queue.abandon();
            }
        }
        let _ = writer.stream.shutdown(Shutdown::Write);
    })?;
    let (hall, reader) = (Arc::clone(hall), Arc::clone(client));
    thread::Builder::new().spawn(move || {
        let mut frames = Frames::new(MAX_TEXT);
        let mut buffer = [0; 4096];
        loop {
            match frames.next_event() {
                Ok(Some(Event::Message(message))) if hall.receive(key, &message) => {}
                Ok(None) => match (&reader.stream).read(&mut buffer) {
                    Ok(0) => frames.receive_end(),
                    Ok(count) => frames.receive_data(&buffer[..count]),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(_) => break,
                },
                _ => break,
            }
        }
        hall.leave(key);
    })?;
    Ok(())
}
