use super::LESSON;
use peer::{Answer, Line, Scene, Why, of_the_machine};
use shutdown_exercises::drain_deadline::{Conversation, drain};
use socket2::SockRef;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Bytes of a reply that does not fit into the buffers of both kernels.
const LONG: usize = 3_000_000;

/// Bytes of the server's send buffer: left alone, it grows with use, tcp(7), tcp_wmem.
const SEND_BUFFER: usize = 64 * 1024;

/// For tests in which the limit must not matter.
const AN_HOUR: Duration = Duration::from_secs(3600);

/// For clients that do not end by themselves.
const LIMIT: Duration = Duration::from_millis(200);

/// For the test in which many such clients share the limit: less than each of them on its own would
/// take, one after another.
const TOGETHER: Duration = Duration::from_secs(3);

/// What the end of a conversation costs: it writes its log, perhaps.
const LAST_WORK: Duration = Duration::from_millis(10);

/// The requests: a reply of this length; a thread that panics.
const ASK: &[u8] = b"reply\n";
const ASK_FOR_A_PANIC: &[u8] = b"panic\n";

/// A thread that runs: it is counted until it ends or panics.
struct Running(Arc<AtomicUsize>);

impl Running {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Running(Arc::clone(count))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        thread::sleep(LAST_WORK);
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The grader's server: a thread for each client.
struct Server<'a> {
    scene: &'a Scene,
    listener: TcpListener,
    address: SocketAddr,
    reply: Arc<[u8]>,
    /// Threads that run.
    running: Arc<AtomicUsize>,
}

impl<'a> Server<'a> {
    fn new(scene: &'a Scene) -> Self {
        let (listener, address) = scene.listener();
        let small = SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER);
        of_the_machine("set SO_SNDBUF", small); // Accepted sockets inherit it.
        Server {
            scene,
            listener,
            address,
            reply: scene
                .random_letters(LONG / 1_000)
                .repeat(1_000)
                .into_bytes()
                .into(),
            running: Arc::default(),
        }
    }

    /// A client, and the server's conversation with it.
    fn begin(&self, name: &str) -> (Line<'a>, Conversation) {
        let client = self.scene.connect(name, self.address);
        let both = self
            .listener
            .accept()
            .and_then(|(stream, _)| Ok((stream.try_clone()?, stream)));
        let (theirs, stream) = of_the_machine("accept a client", both);
        let (say, ended) = mpsc::channel();
        let (reply, running) = (Arc::clone(&self.reply), Running::new(&self.running));
        let thread = thread::Builder::new().spawn(move || {
            let running = running;
            // How it failed does not matter: it is over.
            let _ = converse(&theirs, &reply);
            drop(running);
            let _ = say.send(()); // Nobody waits for it any more, perhaps.
        });
        let conversation = Conversation {
            stream,
            ended,
            thread: of_the_machine("start a thread", thread),
        };
        (client, conversation)
    }

    /// A client that asks for a reply; it has got the first bytes.
    fn begin_reply(&self, name: &str) -> (Line<'a>, Conversation) {
        let (mut client, conversation) = self.begin(name);
        client.send(ASK);
        client.expect(&self.reply[..4], truncated);
        (client, conversation)
    }

    fn drain(&self, conversations: Vec<Conversation>, limit: Duration) -> Answer<'a, usize> {
        self.scene.note(format!(
            "drain({} conversations, {limit:?})",
            conversations.len()
        ));
        self.scene
            .run("your function", move || drain(conversations, limit))
    }

    /// The function has returned, with this count, and no thread is left.
    fn is(&self, cut_off: usize, expected: usize) {
        self.scene.check(cut_off == expected, "wrong-count", || {
            format!(
                "{expected} conversations had to be cut off, and your function returned {cut_off}."
            )
        });
        let left = self.running.load(Ordering::SeqCst);
        self.scene.check(left == 0, "thread-left-behind", || {
            format!("Your function has returned, and threads of conversations still run: {left}.")
        });
    }
}

/// Answers until the client's end of stream, or until the reading half is shut down.
fn converse(stream: &TcpStream, reply: &[u8]) -> io::Result<()> {
    let mut line = Vec::new();
    let mut reader = BufReader::new(stream);
    while reader.read_until(b'\n', &mut line)? > 0 {
        if line == ASK_FOR_A_PANIC {
            resume_unwind(Box::new("as the client wished"));
        }
        let mut writer = stream;
        writer.write_all(reply)?;
        line.clear();
    }
    stream.shutdown(Shutdown::Write)
}

fn truncated(_: Why) -> &'static str {
    "truncated-reply"
}

fn idle_holds(_: Why) -> &'static str {
    "idle-holds"
}

fn never_cut_off(_: Why) -> &'static str {
    "never-cut-off"
}

#[test]
fn clients_that_never_sent_anything_hear_the_end_at_once() {
    LESSON.grade("drain_deadline", |scene| {
        let server = Server::new(scene);
        let (mut clients, conversations): (Vec<_>, Vec<_>) =
            (0..3).map(|_| server.begin("browser")).unzip();
        let drained = server.drain(conversations, AN_HOUR);
        for client in &mut clients {
            client.expect_end(idle_holds);
        }
        server.is(drained.join(idle_holds), 0);
    });
}

#[test]
fn a_reply_in_flight_arrives_whole() {
    LESSON.grade("drain_deadline", |scene| {
        let server = Server::new(scene);
        let (mut client, conversation) = server.begin_reply("client");
        let drained = server.drain(vec![conversation], AN_HOUR);
        drained.settle();
        let rest = client.read_to_end(LONG, truncated);
        scene.compare(
            &server.reply[4..],
            &rest,
            "truncated-reply",
            "The end of the stream came in the middle of a reply that was in flight.",
        );
        server.is(drained.join(never_cut_off), 0);
    });
}

#[test]
fn a_client_that_never_reads_is_cut_off() {
    LESSON.grade("drain_deadline", |scene| {
        let server = Server::new(scene);
        let (_client, conversation) = server.begin_reply("deaf client");
        let drained = server.drain(vec![conversation], LIMIT);
        server.is(drained.join(never_cut_off), 1);
    });
}

#[test]
fn who_waits_behind_a_stubborn_one_hears_the_end_at_once_too() {
    LESSON.grade("drain_deadline", |scene| {
        let server = Server::new(scene);
        let (deaf, stubborn) = server.begin_reply("deaf client");
        let (mut browser, idle) = server.begin("browser");
        let drained = server.drain(vec![stubborn, idle], AN_HOUR);
        browser.expect_end(|_| "told-too-late");
        deaf.reset();
        // Its write has failed: it has ended by itself.
        server.is(drained.join(never_cut_off), 0);
    });
}

#[test]
fn one_limit_is_for_all_of_them_together() {
    LESSON.grade_within(TOGETHER, "drain_deadline", |scene| {
        let server = Server::new(scene);
        let count = scene.random().usize(18..24);
        let (mut clients, conversations): (Vec<_>, Vec<_>) =
            (0..count).map(|_| server.begin("deaf client")).unzip();
        for client in &mut clients {
            client.send(ASK);
        }
        for client in &mut clients {
            client.expect(&server.reply[..4], truncated);
        }
        let drained = server.drain(conversations, LIMIT);
        server.is(drained.join(|_| "deadline-for-each"), count);
    });
}

#[test]
fn a_thread_that_panicked_is_no_reason_to_stop() {
    LESSON.grade("drain_deadline", |scene| {
        let server = Server::new(scene);
        let (mut client, broken) = server.begin("client");
        client.send(ASK_FOR_A_PANIC);
        let (mut browser, idle) = server.begin("browser");
        let drained = server.drain(vec![broken, idle], AN_HOUR);
        browser.expect_end(idle_holds);
        server.is(drained.join(never_cut_off), 0);
    });
}
