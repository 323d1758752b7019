//! Exercise: a room with two threads for each client.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use chat_threads::protocol::{MAX_TEXT, Notice};
use chat_threads::{MAX_QUEUE, Queue, QueueFull, Room};
use framing::{Event, Frames};

/// One connection, and what waits for it.
pub struct Client {
    stream: TcpStream,
    queue: Queue,
}

/// All that the threads share, behind one lock.
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
    /// Takes one message of the client `key`: the room tells all members, by `post`. `false` when
    /// the conversation is over: it was refused, and the reason waits in its queue; or it was put
    /// out. This part is given.
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

    /// The client `key` has gone, however it went: the others are told, and its name is free. This
    /// part is given.
    pub fn leave(&self, key: u64) {
        let State { room, clients } = &mut *self.state();
        room.leave(key, |key, frame| deliver(clients, key, frame));
        clients.remove(&key);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who cannot take a frame is put out. This part is given.
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

/// Runs a room for all who connect. This part is given.
///
/// # Errors
/// When `accept`, `welcome` or the option fails.
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

/// Has `frame` sent to `client`. Whoever calls this holds the lock of the room: nothing in here may
/// wait.
///
/// # Errors
/// [`QueueFull`] when too much waits for the client already. It will be put out for that.
fn post(client: &Client, frame: &Arc<[u8]>) -> Result<(), QueueFull> {
    // BEGIN SOLUTION: leave the frame where the client's writer will find it
    client.queue.push(frame)
    // END SOLUTION
}

/// Starts two threads for a client and returns. One reads what the client sends, the other one
/// writes what waits in its queue.
///
/// The client sends frames of lesson 03 with at most [`MAX_TEXT`] bytes. Each message goes to
/// [`Hall::receive`]. When the client has gone, the room is told with [`Hall::leave`]; then what
/// waits for it is still written, and then it gets the end of the stream.
///
/// What will come: frames cut anywhere, and several in one read; clients that say nothing, half a
/// frame, or something too long; that reset the connection; that end their stream and go on
/// reading; and one that never reads. However a client goes, it has to leave the room.
///
/// # Errors
/// When the kernel gives no thread.
fn welcome(hall: &Arc<Hall>, key: u64, client: &Arc<Client>) -> io::Result<()> {
    // BEGIN SOLUTION: start a writer for the client's queue, and a reader that hands its messages to the hall until the end, then leaves and closes the queue
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
        reader.queue.close();
    })?;
    Ok(())
    // END SOLUTION
}
