//! Runs a lesson's server for the suites: started, asked to stop, and what it reported.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;
use threads::{Limits, News, Stop};

use crate::{Answer, LONGEST_DEADLINE, Line, Scene, judge, of_the_machine};

/// Takes what a server has to tell.
pub type Report = Box<dyn Fn(News) + Send + Sync>;

/// How long nothing must come for a test to believe that nothing will.
pub(crate) const A_WHILE: Duration = Duration::from_millis(100);

/// Between two looks at a server.
const A_MOMENT: Duration = Duration::from_millis(1);

/// How long a program that was started may take until it has closed what it inherited.
const UNTIL_EXEC: Duration = Duration::from_secs(1);

/// Bytes that the kernel may hold in each direction of the server's connections.
const BUFFER: usize = 64 * 1024;

/// A server that runs in a scene. It is asked to stop when this is dropped.
pub(crate) struct Running<'a> {
    pub(crate) address: SocketAddr,
    scene: &'a Scene,
    stop: Stop,
    answer: Option<Answer<'a, io::Result<usize>>>,
    news: Receiver<News>,
    told: Vec<(SocketAddr, io::Result<u64>)>,
}

impl Running<'_> {
    pub(crate) fn stop(&self) {
        self.scene.note("the server is asked to stop");
        self.stop.stop();
    }

    /// Waits until the server has returned, and says how many conversations it cut off.
    pub(crate) fn returned(&mut self) -> usize {
        let returned = self.answer.take().map(|answer| answer.join(|_| "stop"));
        match returned {
            Some(Ok(cut)) => cut,
            other => self.scene.fail(
                "stop",
                format!("The server returned {other:?}."),
                String::new(),
                false,
            ),
        }
    }

    /// What the server has told of the conversation with `line`.
    pub(crate) fn told_of(&mut self, line: &Line) -> io::Result<u64> {
        let client = line.local_addr();
        loop {
            // Several may end at the same time, in any order.
            let at = self.told.iter().position(|(address, _)| *address == client);
            if let Some(at) = at {
                return self.told.remove(at).1;
            }
            match self.news.recv_timeout(self.scene.left()) {
                Ok(News::Ended(address, outcome)) => self.told.push((address, outcome)),
                Ok(News::AcceptFailed(_)) => {}
                Err(_) => self.scene.fail(
                    "news",
                    "The server told nothing of a conversation that is over.".to_string(),
                    String::new(),
                    false,
                ),
            }
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

/// Runs one case against `serve`.
///
/// # Panics
/// When the server fails it.
#[allow(clippy::panic, reason = "the verdict is what a test has to say")]
pub(crate) fn passes<F>(
    name: &str,
    limits: Limits,
    serve: &Arc<F>,
    case: impl for<'a> FnOnce(&'a Scene, &mut Running<'a>),
) where
    F: Fn(TcpListener, Limits, &Stop, Report) -> io::Result<usize> + Send + Sync + 'static,
{
    let judged = judge(LONGEST_DEADLINE, |scene| {
        let (listener, address) = a_listener_of_our_own(scene);
        // Accepted sockets inherit both. Left alone, buffers grow with use (tcp(7): tcp_rmem,
        // tcp_wmem), and a server would be stuck with a client much later, or never.
        let socket = SockRef::from(&listener);
        of_the_machine("set SO_RCVBUF", socket.set_recv_buffer_size(BUFFER));
        of_the_machine("set SO_SNDBUF", socket.set_send_buffer_size(BUFFER));
        let stop = Stop::new();
        let (sender, news) = mpsc::channel();
        let (serve, asked) = (Arc::clone(serve), stop.clone());
        // Who no longer listens to the news has seen enough.
        let report: Report = Box::new(move |news| drop(sender.send(news)));
        let answer = scene.run("the server", move || {
            serve(listener, limits, &asked, report)
        });
        let mut running = Running {
            address,
            scene,
            stop,
            answer: Some(answer),
            news,
            told: Vec::new(),
        };
        case(scene, &mut running);
    });
    if let Err(verdict) = judged {
        panic!(
            "{name}: {} ({})\n{}\n{}\nPEER_SEED={}",
            verdict.sentence, verdict.key, verdict.ladder, verdict.bytes, verdict.seed
        );
    }
}

/// A listening socket whose port nobody else uses when it is closed: whether it is closed is asked
/// by connecting. Elsewhere than on Linux, where all of 127.0.0.0/8 is this computer, somebody might.
fn a_listener_of_our_own(scene: &Scene) -> (TcpListener, SocketAddr) {
    if !cfg!(target_os = "linux") {
        return scene.listener();
    }
    let [_, a, b, c] = std::process::id().to_be_bytes();
    let bound = TcpListener::bind((Ipv4Addr::new(127, a | 0x40, b, c), 0))
        .and_then(|listener| listener.local_addr().map(|address| (listener, address)));
    of_the_machine("bind a port on loopback", bound)
}

/// Whether a conversation was given up because nothing moved.
pub(crate) fn is_timeout(told: &io::Result<u64>) -> bool {
    matches!(told, Err(error) if error.kind() == ErrorKind::TimedOut)
}

/// Whether nobody listens at `address`.
///
/// A program that another test of this process has started holds a copy of every descriptor, also of
/// a listener that was closed here, until it runs: fork(2), execve(2). So it is asked more than once.
pub(crate) fn is_refused(address: SocketAddr) -> bool {
    let started = Instant::now();
    while TcpStream::connect_timeout(&address, A_WHILE).is_ok() {
        if started.elapsed() > UNTIL_EXEC {
            return false;
        }
        thread::sleep(A_MOMENT);
    }
    true
}

/// Waits until nobody listens at `address`, or the test is over.
pub(crate) fn until_refused(scene: &Scene, address: SocketAddr) {
    while !is_refused(address) && !scene.left().is_zero() {
        thread::sleep(A_MOMENT);
    }
}
