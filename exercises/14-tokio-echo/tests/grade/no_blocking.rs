use super::{LESSON, for_tokio, one_thread};
use peer::{Answer, Line, Scene, Why};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::panic::resume_unwind;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_echo_exercises::no_blocking::answer;

/// Work with numbers from here on waits until the grader says so.
const SLOW: u64 = 1 << 32;
/// Work with this number panics.
const BAD: u64 = u64::MAX;
/// Work that waits gives up in the end, so that no thread outlives its test for long.
const NO_LONGER: Duration = Duration::from_secs(6);

/// What slow work waits for.
#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    open: bool,
    waiting: usize,
}

impl Gate {
    /// Waits until the gate is open; counted meanwhile.
    fn pass(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting += 1;
        self.changed.notify_all();
        let _ = self
            .changed
            .wait_timeout_while(state, NO_LONGER, |state| !state.open);
    }

    fn open(&self) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .open = true;
        self.changed.notify_all();
    }

    /// True when as many calls wait at the same time, before the test's time is over.
    fn has(&self, waiting: usize, scene: &Scene) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let enough = self
            .changed
            .wait_timeout_while(state, scene.left() / 2, |state| state.waiting < waiting);
        let (state, _) = enough.unwrap_or_else(PoisonError::into_inner);
        state.waiting >= waiting
    }
}

/// What the work makes of a number.
fn worked(key: u64, number: u64) -> u64 {
    number.wrapping_mul(31) ^ key
}

/// The student's server on one thread, its work's key, and what its slow work waits for.
fn server(scene: &Scene) -> (SocketAddr, u64, Arc<Gate>) {
    let (_server, address, key, gate) = running(scene);
    (address, key, gate)
}

/// The same, with the server's thread.
fn running(scene: &Scene) -> (Answer<'_, io::Result<()>>, SocketAddr, u64, Arc<Gate>) {
    let (listener, address) = scene.listener();
    let key = scene.random().u64(..);
    let gate = Arc::<Gate>::default();
    let its_gate = Arc::clone(&gate);
    let work = move |number: u64| {
        if number >= SLOW && number != BAD {
            its_gate.pass();
        }
        if number == BAD {
            // A panic without a message: nobody is to read it but the student's code.
            resume_unwind(Box::new("this number was asked to panic"));
        }
        worked(key, number)
    };
    let server = scene.run("your server", move || {
        one_thread().block_on(serve(listener, work))
    });
    (server, address, key, gate)
}

/// A task for each client. tokio keeps the panic of a task to itself; here it is the verdict.
async fn serve(
    listener: TcpListener,
    work: impl Fn(u64) -> u64 + Clone + Send + 'static,
) -> io::Result<()> {
    let listener = for_tokio(listener)?;
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                conversations.spawn(answer(accepted?.0, work.clone()));
            }
            Some(ended) = conversations.join_next() => {
                if let Err(panic) = ended {
                    resume_unwind(panic.into_panic());
                }
            }
        }
    }
}

fn ask(line: &mut Line, number: u64) {
    line.send(&number.to_be_bytes());
}

fn answered(line: &mut Line, key: u64, number: u64, hint: impl FnOnce(Why) -> &'static str) {
    line.expect(&worked(key, number).to_be_bytes(), hint);
}

#[test]
fn answers_a_number() {
    LESSON.grade("no_blocking", |scene| {
        let (address, key, _gate) = server(scene);
        let mut client = scene.connect("client", address);
        let number = scene.random().u64(..SLOW);
        ask(&mut client, number);
        answered(&mut client, key, number, |_| "numbers-in-order");
        client.half_close();
        client.expect_end(|_| "numbers-in-order");
    });
}

#[test]
fn answers_several_numbers_in_their_order() {
    LESSON.grade("no_blocking", |scene| {
        let (address, key, _gate) = server(scene);
        let mut client = scene.connect("client", address);
        let numbers: Vec<u64> = (0..20).map(|_| scene.random().u64(..SLOW)).collect();
        let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
        client.send(&bytes);
        client.half_close();
        let expected: Vec<u8> = numbers
            .iter()
            .flat_map(|number| worked(key, *number).to_be_bytes())
            .collect();
        client.expect(&expected, |_| "numbers-in-order");
        client.expect_end(|_| "numbers-in-order");
    });
}

#[test]
fn answers_others_while_slow_work_goes_on() {
    LESSON.grade("no_blocking", |scene| {
        let (address, key, gate) = server(scene);
        let mut slow = scene.connect("slow", address);
        let number = scene.random().u64(SLOW..BAD);
        ask(&mut slow, number);
        scene.check(gate.has(1, scene), "numbers-in-order", || {
            "A number was sent, and your server has not called work().".to_string()
        });
        scene.note("your server's work() for \"slow\" takes long now");
        let mut quick = scene.connect("quick", address);
        let small = scene.random().u64(..SLOW);
        ask(&mut quick, small);
        answered(&mut quick, key, small, |why| match why {
            // tokio's thread waits for events, as it should; it is the task that waits for its turn.
            Why::Blocked(Some("epoll_wait()")) => "one-work-at-a-time",
            _ => "blocks-the-thread",
        });
        scene.note("now it is done");
        gate.open();
        answered(&mut slow, key, number, |_| "numbers-in-order");
    });
}

#[test]
fn does_slow_work_for_two_clients_at_the_same_time() {
    LESSON.grade("no_blocking", |scene| {
        let (address, key, gate) = server(scene);
        let numbers = [(); 2].map(|()| scene.random().u64(SLOW..BAD));
        let mut first = scene.connect("first", address);
        ask(&mut first, numbers[0]);
        let mut second = scene.connect("second", address);
        ask(&mut second, numbers[1]);
        scene.check(gate.has(2, scene), "one-work-at-a-time", || {
            "Two clients sent a number each, and your server does not begin with the second one before the first is done.".to_string()
        });
        gate.open();
        answered(&mut second, key, numbers[1], |_| "numbers-in-order");
        answered(&mut first, key, numbers[0], |_| "numbers-in-order");
    });
}

#[test]
fn survives_work_that_panics() {
    LESSON.grade("no_blocking", |scene| {
        let (server, address, key, _gate) = running(scene);
        let mut bad = scene.connect("bad", address);
        ask(&mut bad, BAD);
        scene.note("work() panics");
        bad.expect_end(|_| "panic-is-an-error");
        // Whether the panic ends the server, too, is known when it can go no further: it waits for
        // clients, or nobody listens any more.
        server.settle();
        let mut good = scene.connect_or("good", address, "panicked");
        let number = scene.random().u64(..SLOW);
        ask(&mut good, number);
        answered(&mut good, key, number, |_| "panic-is-an-error");
    });
}
