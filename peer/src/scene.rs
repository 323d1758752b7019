//! One graded test: its deadline, its seed, its history, and the student's threads.

use crate::bytes::{compared, counted};
use crate::ladder::Ladder;
use crate::verdict::{Verdict, Why, seconds};
use crate::whereabouts::{Whereabouts, own_tid, whereabouts};
use crate::{Host, Line};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a failing test waits for the student's thread to say why it ended: a socket closes
/// a moment before the panic that closed it is known.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// A thread that uses this much of the processor after the deadline, and does nothing that can be
/// seen, is in a loop. One that was only late, on a busy machine, needs less to say its word.
const LOOP: Duration = Duration::from_millis(10);

/// How long the deadline's end is looked at, to tell a loop from a thread that waits for its turn.
const LAST_LOOK: Duration = Duration::from_millis(900);

/// Between two looks at a thread.
const A_MOMENT: Duration = Duration::from_millis(2);

/// A thread that waits in one call for this long, with nothing happening, is stuck: that is no
/// matter of a slow machine.
const STUCK: Duration = Duration::from_secs(1);

/// One test: what [`Lesson::grade`](crate::Lesson::grade) hands to it.
pub struct Scene {
    deadline: Instant,
    ladder: Ladder,
    students: RefCell<Vec<Arc<Student>>>,
    seed: u64,
    random: RefCell<fastrand::Rng>,
    /// The last moment when the student's code was seen to do something.
    progress: Cell<Instant>,
}

impl Scene {
    pub(crate) fn new(deadline: Duration) -> Scene {
        let seed = std::env::var("PEER_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok())
            .unwrap_or_else(|| fastrand::u64(..1 << 32));
        let now = Instant::now();
        Scene {
            deadline: now + deadline,
            ladder: Ladder::default(),
            students: RefCell::default(),
            seed,
            random: RefCell::new(fastrand::Rng::with_seed(seed)),
            progress: Cell::new(now),
        }
    }

    /// What makes this run different from the next; printed with the verdict.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The test's source of chance: the same again with the same seed.
    pub fn random(&self) -> std::cell::RefMut<'_, fastrand::Rng> {
        self.random.borrow_mut()
    }

    /// `length` bytes that nobody can guess.
    pub fn random_bytes(&self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.random().fill(&mut bytes);
        bytes
    }

    /// `length` lowercase letters that nobody can guess: they read well in a ladder.
    pub fn random_letters(&self, length: usize) -> String {
        (0..length).map(|_| self.random().lowercase()).collect()
    }

    /// A listening socket on a port of the kernel's choice, for the student's server. It
    /// listens already, so a client may connect at once.
    pub fn listener(&self) -> (TcpListener, SocketAddr) {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr().map(|address| (listener, address)));
        of_the_machine("bind a port on 127.0.0.1", bound)
    }

    /// Connects to the student's server. `name` stands in the ladder.
    pub fn connect(&self, name: &str, address: SocketAddr) -> Line<'_> {
        self.connect_or(name, address, "not-listening")
    }

    /// Connects to the student's server; when nobody listens any more, `key` is the hint.
    pub fn connect_or(&self, name: &str, address: SocketAddr, key: &str) -> Line<'_> {
        Line::connect(self, name, address, key)
    }

    /// A listening socket of the grader's, for an exercise that writes a client.
    pub fn host(&self) -> Host<'_> {
        let (listener, address) = self.listener();
        Host::new(self, listener, address)
    }

    /// Runs the student's code in a thread of its own, under a name that begins with "your".
    pub fn run<T, F>(&self, name: &str, code: F) -> Answer<'_, T>
    where
        T: Debug + Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let student = Arc::new(Student {
            name: name.to_string(),
            state: Mutex::new(State::Starting),
            changed: Condvar::new(),
            joined: AtomicBool::new(false),
        });
        self.students.borrow_mut().push(Arc::clone(&student));
        let value = Arc::new(Mutex::new(None));
        let (inner, slot) = (Arc::clone(&student), Arc::clone(&value));
        let spawned = thread::Builder::new()
            .name(name.to_string())
            .spawn(move || {
                PANIC.set(Some(String::new()));
                inner.set(State::Running { tid: own_tid() });
                let ended = match catch_unwind(AssertUnwindSafe(code)) {
                    Ok(value) => {
                        let shown = format!("{value:?}");
                        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                        State::Returned(shown)
                    }
                    Err(payload) => State::from_panic(payload),
                };
                inner.set(ended);
            });
        of_the_machine("start a thread", spawned);
        Answer {
            scene: self,
            student,
            value,
        }
    }

    /// Ends the test when `good` is false; `sentence` says what the student's code did.
    pub fn check(&self, good: bool, key: &str, sentence: impl FnOnce() -> String) {
        if !good {
            self.fail(key, sentence(), String::new(), false);
        }
    }

    /// Ends the test when the bytes differ, showing the first wrong one.
    pub fn compare(&self, expected: &[u8], actual: &[u8], key: &str, sentence: &str) {
        let bytes = compared(expected, actual);
        if !bytes.is_empty() {
            self.fail(key, sentence.to_string(), bytes, false);
        }
    }

    /// Writes a line into the ladder that is neither sent nor received.
    pub fn note(&self, text: impl Into<String>) {
        self.ladder.note(text);
    }

    /// What is left until the deadline.
    pub fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    pub(crate) fn ladder(&self) -> &Ladder {
        &self.ladder
    }

    /// The student's code did something: a wait starts anew.
    pub(crate) fn progressed(&self) {
        self.progress.set(Instant::now());
    }

    /// True while the student's code runs, or could, and waits in no system call.
    pub(crate) fn student_runs(&self) -> bool {
        let student = self.students.borrow().last().cloned();
        student.is_some_and(|student| matches!(student.whereabouts(), Whereabouts::Running { .. }))
    }

    /// Why nothing comes: asked when the deadline is over.
    pub(crate) fn why_silent(&self) -> Why {
        let Some(student) = self.students.borrow().last().cloned() else {
            return Why::Blocked(None);
        };
        let end = Instant::now() + LAST_LOOK;
        let mut first = None;
        loop {
            match student.whereabouts() {
                // Blocked only now: it was late, and nobody knows what it would have done in time.
                Whereabouts::Blocked(call) => {
                    return Why::Blocked(Some(call).filter(|_| first.is_none()));
                }
                Whereabouts::Running { cpu } if cpu >= *first.get_or_insert(cpu) + LOOP => {
                    return Why::Spinning;
                }
                Whereabouts::Running { .. } if Instant::now() < end => thread::sleep(A_MOMENT),
                _ => return Why::Blocked(None),
            }
        }
    }

    /// One sentence for [`Why`]; `missing` says what should have come instead.
    pub(crate) fn sentence(&self, why: Why, missing: &str) -> String {
        let name = self.name();
        let waited = seconds(self.progress.get().elapsed());
        match why {
            Why::Ended => format!("{} closed the connection {missing}.", capital(&name)),
            Why::Reset => format!("{} reset the connection {missing}.", capital(&name)),
            Why::Different => format!("{} sent other bytes than expected.", capital(&name)),
            Why::Blocked(Some(call)) => {
                format!(
                    "{} has waited in {call} for {waited}, {missing}.",
                    capital(&name)
                )
            }
            Why::Blocked(None) => {
                format!("Nothing came from {name} for {waited}, {missing}.")
            }
            Why::Spinning => format!(
                "{} has run without waiting for anything for {waited}, {missing}: a loop that never ends.",
                capital(&name)
            ),
        }
    }

    /// True when the deadline passed and it cannot be told why.
    pub(crate) fn unclear(&self, why: Why) -> bool {
        match why {
            Why::Blocked(Some(_)) => self.progress.get().elapsed() < STUCK,
            Why::Blocked(None) => cfg!(target_os = "linux"),
            _ => false,
        }
    }

    /// Ends the test: with what the student's thread died of if it did, else with this.
    pub(crate) fn fail(&self, key: &str, sentence: String, bytes: String, unclear: bool) -> ! {
        if let Some(verdict) = self.last_words() {
            self.raise(verdict);
        }
        for student in self.students.borrow().iter() {
            // What was joined is the test's to tell: its sentence and notes say it better.
            let joined = student.joined.load(Ordering::Relaxed);
            if let (State::Returned(value), false) = (&*student.state(), joined) {
                self.ladder
                    .note(format!("{} returned {value}", student.name));
            }
        }
        let ladder = self.ladder.drawn(&self.name());
        Verdict {
            key: key.to_string(),
            sentence,
            ladder,
            bytes,
            unclear,
            seed: self.seed,
        }
        .raise()
    }

    /// A panic that no expectation noticed is a failure too.
    pub(crate) fn nobody_panicked(&self) {
        if let Some(verdict) = self.panicked() {
            self.raise(verdict);
        }
    }

    fn raise(&self, mut verdict: Verdict) -> ! {
        // What the peer did to code that is not written yet explains nothing.
        if verdict.key != "not-started" {
            verdict.ladder = self.ladder.drawn(&self.name());
        }
        verdict.raise()
    }

    /// What the student's threads died of. They get a moment to do so.
    fn last_words(&self) -> Option<Verdict> {
        let end = Instant::now() + LAST_WORDS;
        for student in self.students.borrow().iter() {
            // Who waits in a system call is not about to die.
            while matches!(student.whereabouts(), Whereabouts::Running { .. })
                && student
                    .ended_by(end.min(Instant::now() + LAST_WORDS / 30))
                    .is_none()
                && Instant::now() < end
            {}
        }
        self.panicked()
    }

    fn panicked(&self) -> Option<Verdict> {
        self.students
            .borrow()
            .iter()
            .find_map(|student| student.verdict())
    }

    /// True when the student's code has returned, or died: what it has not sent, it will not send.
    pub(crate) fn has_ended(&self) -> bool {
        let students = self.students.borrow();
        students.last().is_some_and(|s| s.state().has_ended())
    }

    pub(crate) fn name(&self) -> String {
        self.students
            .borrow()
            .last()
            .map_or("your code".to_string(), |student| student.name.clone())
    }
}

/// Unwraps what only a broken machine makes fail, and never the student.
///
/// # Panics
/// When `result` is an error: a grader without sockets or threads cannot grade.
#[allow(clippy::panic, reason = "see above")]
pub fn of_the_machine<T>(what: &str, result: std::io::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("this machine cannot {what}: {error}"))
}

/// The student's code, running or done.
pub struct Answer<'a, T> {
    scene: &'a Scene,
    student: Arc<Student>,
    value: Arc<Mutex<Option<T>>>,
}

impl<T> Answer<'_, T> {
    /// What the code returned. Ends the test with the hint that `key` gives when it has not
    /// returned at the deadline.
    pub fn join(self, key: impl FnOnce(Why) -> &'static str) -> T {
        if self.student.ended_by(self.scene.deadline).is_none() {
            let why = self.scene.why_silent();
            let sentence = self.scene.sentence(why, "and should have returned");
            self.scene
                .fail(key(why), sentence, String::new(), self.scene.unclear(why));
        }
        self.student.joined.store(true, Ordering::Relaxed);
        let value = self
            .value
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match value {
            Some(value) => value,
            None => self.scene.fail(
                "panicked",
                "Your code panicked.".to_string(),
                String::new(),
                false,
            ),
        }
    }

    /// Lets the code go on until it can go no further by itself: until it waits in a system call, or
    /// has ended. True when it waits.
    ///
    /// For tests in which the order matters, such as a client that reads on only when the server
    /// has done what it does first. Where the system does not tell where a thread is, the code gets
    /// a moment. No longer than the test's deadline.
    pub fn settle(&self) -> bool {
        let started = Instant::now();
        while self.is_running() && self.scene.left() > Duration::ZERO {
            match self.student.whereabouts() {
                Whereabouts::Blocked(_) => return true,
                Whereabouts::Unknown if started.elapsed() > LAST_WORDS => return true,
                _ => thread::yield_now(),
            }
        }
        self.is_running()
    }

    /// True while the code has not returned.
    pub fn is_running(&self) -> bool {
        !self.student.state().has_ended()
    }
}

struct Student {
    name: String,
    state: Mutex<State>,
    changed: Condvar,
    joined: AtomicBool,
}

enum State {
    Starting,
    Running { tid: Option<String> },
    Returned(String),
    Died(Verdict),
}

impl State {
    fn has_ended(&self) -> bool {
        matches!(self, State::Returned(_) | State::Died(_))
    }

    /// A verdict that a [`Script`](crate::Script) raised inside the student's code, or a panic.
    fn from_panic(payload: Box<dyn Any + Send>) -> State {
        let verdict = payload.downcast::<Verdict>().map_or_else(
            |_| {
                let message = PANIC.take().unwrap_or_default();
                // todo!() says this, with its argument behind the colon.
                let (key, sentence) = match message.split_once("not yet implemented: ") {
                    Some((_, contract)) => {
                        let contract = contract.split(" (at ").next().unwrap_or(contract);
                        ("not-started", format!("Not written yet: {contract}"))
                    }
                    None => ("panicked", format!("Your code panicked: {message}")),
                };
                Verdict {
                    key: key.to_string(),
                    sentence,
                    ..Verdict::default()
                }
            },
            |verdict| *verdict,
        );
        State::Died(verdict)
    }
}

impl Student {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: State) {
        *self.state() = state;
        self.changed.notify_all();
    }

    /// Waits until the code has ended, or returns `None` at `deadline`.
    fn ended_by(&self, deadline: Instant) -> Option<()> {
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self
            .changed
            .wait_timeout_while(self.state(), left, |state| !state.has_ended());
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.has_ended().then_some(())
    }

    fn verdict(&self) -> Option<Verdict> {
        match &*self.state() {
            State::Died(verdict) => Some(verdict.clone()),
            _ => None,
        }
    }

    fn whereabouts(&self) -> Whereabouts {
        // The lock is free again before the question: a thread that waits for it in order to tell
        // that it has ended would look blocked.
        let tid = match &*self.state() {
            State::Running { tid: Some(tid) } => tid.clone(),
            State::Starting => {
                return Whereabouts::Running {
                    cpu: Duration::ZERO,
                };
            }
            _ => return Whereabouts::Unknown,
        };
        whereabouts(&tid)
    }
}

thread_local! {
    /// The message of the panic that ends this thread; `None` in threads that are not a
    /// student's.
    pub(crate) static PANIC: Cell<Option<String>> = const { Cell::new(None) };
}

/// Keeps a student's panic for the verdict instead of printing it in the middle of things.
pub(crate) fn keep_panics_of_students() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if PANIC.take().is_none() {
                return print(panic);
            }
            let message = panic.payload_as_str().unwrap_or("a value that is not text");
            let place = panic.location().map_or(String::new(), |at| {
                format!(" (at {}:{})", at.file(), at.line())
            });
            PANIC.set(Some(format!("{message}{place}")));
        }));
    });
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// `after 3 of 12 bytes`, for the end of a sentence.
pub(crate) fn after(got: usize, expected: usize) -> String {
    format!("after {} of {}", got, counted(expected))
}
