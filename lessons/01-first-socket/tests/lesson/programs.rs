//! Runs a lesson's programs and plays their clients: every wait has a deadline, and no program
//! outlives its test.
//!
//! Other lessons include this file by its path.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for anything. Nothing here takes a second, unless the machine is busy.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// An address whose port the kernel chooses.
pub const ANY_PORT: &str = "127.0.0.1:0";

/// How often we ask whether a program has ended: std cannot wait with a deadline.
const POLL: Duration = Duration::from_millis(5);

/// A program that runs. It is killed when this is dropped, so also when the test fails.
pub struct Program {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<Vec<u8>>,
    errors: Receiver<Vec<u8>>,
}

/// How a program ended, and what it had printed that no [`Program::line`] took.
pub struct Ended {
    pub status: ExitStatus,
    pub output: Vec<u8>,
    pub errors: String,
}

/// Whoever runs the tests may ignore Ctrl-C, as a shell does for what it runs in the background, and
/// programs inherit that. `env` of GNU gives it its usual meaning again; elsewhere there is no way.
fn command(path: &str) -> Command {
    if cfg!(target_os = "linux") {
        let mut env = Command::new("env");
        env.args(["--default-signal=INT", path]);
        env
    } else {
        Command::new(path)
    }
}

impl Program {
    pub fn start(path: &str, arguments: &[&str]) -> Self {
        let mut child = command(path)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{path} does not start: {error}"));
        Self {
            name: path.rsplit('/').next().unwrap_or(path).to_string(),
            input: child.stdin.take(),
            output: lines(child.stdout.take().unwrap()),
            errors: lines(child.stderr.take().unwrap()),
            child,
        }
    }

    /// The next line on standard output, without its end.
    pub fn line(&mut self) -> String {
        match self.output.recv_timeout(DEADLINE) {
            Ok(line) => String::from_utf8_lossy(&line).trim_end().to_string(),
            Err(reason) => {
                let _ = self.child.kill();
                let errors = text(&self.errors);
                panic!(
                    "{} should print a line: {reason}; it said: {errors}",
                    self.name
                )
            }
        }
    }

    /// The address in the line `listening on ADDRESS`.
    pub fn address(&mut self) -> SocketAddr {
        let line = self.line();
        let address = line
            .strip_prefix("listening on ")
            .and_then(|rest| rest.parse().ok());
        address.unwrap_or_else(|| panic!("{} should print its address, not {line:?}", self.name))
    }

    /// Closes the pipe behind the next line, as `| head -1` does.
    #[allow(dead_code, reason = "only servers are tried with it")]
    pub fn read_no_more(&mut self) {
        self.output = mpsc::channel().1;
    }

    pub fn type_in(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// Closes standard input and waits for the end.
    pub fn finish(mut self) -> Ended {
        drop(self.input.take());
        self.end()
    }

    /// Waits for the end.
    pub fn end(mut self) -> Ended {
        let started = Instant::now();
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if started.elapsed() < DEADLINE => thread::sleep(POLL),
                None => panic!("{} should have ended within {DEADLINE:?}", self.name),
            }
        };
        Ended {
            status,
            output: self.output.iter().flatten().collect(),
            errors: text(&self.errors),
        }
    }

    /// What Ctrl-C in a terminal does.
    #[cfg(unix)]
    pub fn interrupt(self) -> Ended {
        let process = self.child.id().to_string();
        let kill = Command::new("kill").args(["-INT", &process]).status();
        assert!(kill.unwrap().success());
        self.end()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill(); // It fails when the program has ended: so much the better.
        let _ = self.child.wait();
    }
}

fn text(lines: &Receiver<Vec<u8>>) -> String {
    let bytes: Vec<u8> = lines.iter().flatten().collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Takes the lines off a pipe as they come, so that a program never waits for us to read.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while let Ok(1..) = pipe.read_until(b'\n', &mut line) {
            if sender.send(std::mem::take(&mut line)).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A client whose every wait has a deadline.
pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// Asserts that whoever listened at `address` does so no more.
///
/// A program that another test of this process starts has a copy of every descriptor, also of a
/// listener that was closed here, until it runs: fork(2), execve(2). So it is asked more than once.
#[allow(dead_code, reason = "only servers in the test's own process are asked")]
pub fn assert_nobody_listens(address: SocketAddr) {
    let started = Instant::now();
    while TcpStream::connect_timeout(&address, DEADLINE).is_ok() {
        assert!(started.elapsed() < DEADLINE, "{address} still listens");
    }
}

/// Ends the connection with a reset instead of a close, and discards what is under way.
pub fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    drop(stream);
}

/// Whether `tool` can be started here. When not, the test says that it tested less.
pub fn installed(tool: &str) -> bool {
    let found = env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(tool).is_file()));
    if !found {
        assert!(
            env::var_os("CI").is_none(),
            "CI must have {tool}: install it"
        );
        eprintln!("skipped: {tool} is not installed, so it was not tried");
    }
    found
}

/// `--help` begins with `usage`, and says which address the program takes when none is given.
#[track_caller]
pub fn assert_help(path: &str, usage: &str, address: &str) {
    let run = Program::start(path, &["--help"]).finish();
    assert!(run.status.success(), "{}", run.errors);
    let help = String::from_utf8(run.output).unwrap();
    assert!(help.starts_with(&format!("Usage: {usage}\n")), "{help}");
    assert!(help.contains(&format!("{address} unless given")), "{help}");
}

/// A program that is given the `address` of somebody else says so in a sentence.
#[track_caller]
pub fn assert_port_in_use(path: &str, address: SocketAddr) {
    let run = Program::start(path, &[&address.to_string()]).finish();
    assert_eq!(run.status.code(), Some(1), "{}", run.errors);
    let sentence = format!(
        "Port {} is in use: another program listens there. ",
        address.port()
    );
    assert!(run.errors.starts_with(&sentence), "{}", run.errors);
}

/// Ctrl-C ends a server that listens: by the signal itself, and without a word.
#[cfg(unix)]
#[track_caller]
pub fn assert_ctrl_c(path: &str) {
    use std::os::unix::process::ExitStatusExt;
    const SIGINT: i32 = 2;

    let mut server = Program::start(path, &[ANY_PORT]);
    server.address();
    let ended = server.interrupt();
    assert_eq!(ended.status.signal(), Some(SIGINT));
    assert_eq!(ended.errors, "");
}

/// Compares `session` with the transcript that the book shows; `SNAPSHOTS=overwrite` records anew.
///
/// The transcript keeps the numbers of the run that was recorded. `masked` hides those that differ
/// from run to run, in both texts; what is certain about them is for the test to assert.
#[track_caller]
pub fn assert_transcript(name: &str, session: &str, masked: fn(&str) -> String) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/transcripts")
        .join(name);
    if env::var_os(snapbox::assert::DEFAULT_ACTION_ENV).is_some_and(|action| action == "overwrite")
    {
        fs::write(&file, session).unwrap();
    }
    let recorded = fs::read_to_string(&file).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; SNAPSHOTS=overwrite cargo test records it",
            file.display()
        )
    });
    snapbox::assert_data_eq!(
        masked(session),
        snapbox::Data::text(masked(&recorded)).raw()
    );
}

/// `text` with the ports of local addresses hidden: the kernel chose them.
pub fn without_ports(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let mut masked = parts.next().unwrap_or_default().to_string();
    for part in parts {
        masked += "127.0.0.1:PORT";
        masked += part.trim_start_matches(|letter: char| letter.is_ascii_digit());
    }
    masked
}
