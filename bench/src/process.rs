//! A server in a process of its own, and what the system knows about it.
//!
//! The programs `experiment` and `http-bench` are both: what measures, and, started with `serve NAME`,
//! what is measured. So nothing else needs to be built, and both are built in the same way.

use std::fs;
use std::io::{self, BufRead, BufReader, Error, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use threads::{Limits, Stop};

use crate::servers::Report;

/// Clients that an experiment may have at the same time.
pub const MOST_CLIENTS: usize = 20_000;

/// What servers bear in experiments: enough, so that the engine is measured and not its policy.
pub const LIMITS: Limits = Limits {
    connections: MOST_CLIENTS,
    idle: Duration::from_secs(600),
    drain: Duration::from_secs(3),
};

/// How long a process may take for what should take no time.
const PATIENCE: Duration = Duration::from_secs(20);

/// Serves until standard input ends. The first line that it prints is its address.
///
/// # Errors
///
/// Those of binding and serving.
pub fn serve(
    serve: impl FnOnce(TcpListener, Limits, &Stop, Report) -> io::Result<usize>,
) -> io::Result<()> {
    threads::raise_descriptor_limit();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?);
    let stop = Stop::new();
    let asked = stop.clone();
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        asked.stop();
    });
    serve(listener, LIMITS, &stop, Box::new(drop))?;
    Ok(())
}

/// A process that serves. It ends when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Process {
    /// Starts `experiment serve NAME`, where `experiment` is the path of such a program; with at most
    /// so many open `descriptors` when that is said.
    ///
    /// # Errors
    ///
    /// When it does not start, or prints no address.
    pub fn start(experiment: &Path, server: &str, descriptors: Option<usize>) -> io::Result<Self> {
        let mut command = match descriptors {
            None => Command::new(experiment),
            Some(limit) => {
                let mut shell = Command::new("sh");
                let line = format!("ulimit -n {limit} && exec \"$0\" \"$@\"");
                shell.arg("-c").arg(line).arg(experiment);
                shell
            }
        };
        command.args(["serve", server]);
        Self::of(command)
    }

    /// Starts any server whose first line is its address, and that ends when its standard input does.
    ///
    /// # Errors
    ///
    /// As for [`Process::start`].
    pub fn of(mut command: Command) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line.trim().parse().map_err(|_| {
            let sentence = format!("{command:?} should print its address, not {line:?}");
            Error::new(ErrorKind::InvalidData, sentence)
        })?;
        Ok(Self {
            child,
            input,
            address,
        })
    }

    /// Bytes of memory that are really there. Source: VmRSS, proc_pid_status(5).
    ///
    /// # Errors
    ///
    /// Where the system does not tell, or the process has ended.
    pub fn memory(&self) -> io::Result<u64> {
        Ok(self.status("VmRSS:")? * 1024)
    }

    /// The most bytes of memory that there ever were. Source: VmHWM, proc_pid_status(5).
    ///
    /// # Errors
    ///
    /// As for [`Process::memory`].
    pub fn peak_memory(&self) -> io::Result<u64> {
        Ok(self.status("VmHWM:")? * 1024)
    }

    /// Threads. Source: proc_pid_status(5).
    ///
    /// # Errors
    ///
    /// As for [`Process::memory`].
    pub fn threads(&self) -> io::Result<u64> {
        self.status("Threads:")
    }

    fn status(&self, field: &str) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let number = status.lines().find_map(|line| {
            line.strip_prefix(field)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        });
        number.ok_or_else(|| Error::new(ErrorKind::Unsupported, format!("no {field} here")))
    }

    /// Time that its threads have used on the processors, to the nearest 10 ms.
    /// Source: utime and stime, proc_pid_stat(5), in ticks of 1/100 s on Linux.
    ///
    /// # Errors
    ///
    /// As for [`Process::memory`].
    pub fn cpu(&self) -> io::Result<Duration> {
        const TICK: Duration = Duration::from_millis(10);
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in brackets may hold anything; what follows it are numbers.
        let fields = stat.rsplit(") ").next().unwrap_or_default();
        let ticks: u32 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map_while(|field| field.parse::<u32>().ok())
            .sum();
        Ok(TICK * ticks)
    }

    /// The same of the threads that it has now, to the nanosecond. Source: schedstat, proc_pid_schedstat(5).
    ///
    /// # Errors
    ///
    /// As for [`Process::memory`].
    pub fn cpu_of_threads(&self) -> io::Result<Duration> {
        let mut nanos = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // A thread may end while we look.
            let stat = fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
            let used: Option<u64> = stat.split_whitespace().next().and_then(|n| n.parse().ok());
            nanos += used.unwrap_or_default();
        }
        Ok(Duration::from_nanos(nanos))
    }

    /// Asks it to stop, and waits until it has ended.
    ///
    /// # Errors
    ///
    /// When it failed, or does not end.
    pub fn stop(mut self) -> io::Result<()> {
        drop(self.input.take());
        let started = Instant::now();
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(Error::other(format!("the server ended: {status}"))),
                None if started.elapsed() > PATIENCE => {
                    return Err(Error::new(ErrorKind::TimedOut, "the server does not end"));
                }
                None => thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill(); // It fails when the process has ended: so much the better.
        let _ = self.child.wait();
    }
}
