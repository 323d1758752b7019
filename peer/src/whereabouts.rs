//! Where is that thread? On Linux the kernel tells which system call a thread waits in.

use std::time::Duration;

/// What a thread is doing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Whereabouts {
    /// Waits in this system call, by the name that socket programmers use: `accept()`.
    Blocked(&'static str),
    /// Runs, or could run. `cpu` is the processor time that it has used since it began.
    Running {
        /// Processor time.
        cpu: Duration,
    },
    /// The thread is gone, or this operating system does not tell.
    Unknown,
}

/// The thread that `tid` names: what [`own_tid`] returned inside that thread.
///
/// Source: proc_pid_syscall(5), proc_pid_schedstat (kernel, Documentation/scheduler/sched-stats).
pub(crate) fn whereabouts(tid: &str) -> Whereabouts {
    let read = |file: &str| std::fs::read_to_string(format!("/proc/self/task/{tid}/{file}"));
    match read("syscall") {
        Ok(line) if line.starts_with("running") => {
            // The first field counts nanoseconds on a processor.
            let nanos = read("schedstat")
                .ok()
                .and_then(|stat| stat.split_whitespace().next()?.parse().ok())
                .unwrap_or(0);
            Whereabouts::Running {
                cpu: Duration::from_nanos(nanos),
            }
        }
        Ok(line) => line
            .split_whitespace()
            .next()
            .and_then(|number| number.parse().ok())
            .and_then(name)
            .map_or(Whereabouts::Unknown, Whereabouts::Blocked),
        Err(_) => Whereabouts::Unknown,
    }
}

/// The calling thread's id, for [`whereabouts`]; `None` where the system does not tell.
pub(crate) fn own_tid() -> Option<String> {
    // The link's target is PID/task/TID.
    let link = std::fs::read_link("/proc/thread-self").ok()?;
    Some(link.file_name()?.to_str()?.to_string())
}

/// System call numbers of the kernel's tables for the two architectures that Linux servers and
/// laptops have. A call that is missing here is reported as unknown.
#[cfg(target_arch = "x86_64")]
fn name(number: u64) -> Option<&'static str> {
    Some(match number {
        0 | 19 => "read()",
        1 | 20 => "write()",
        7 | 271 => "poll()",
        23 | 270 => "select()",
        35 | 230 => "sleep()",
        42 => "connect()",
        43 | 288 => "accept()",
        44 | 46 => "send()",
        45 | 47 => "recv()",
        202 => "a lock, a join or a channel",
        232 | 281 => "epoll_wait()",
        _ => return None,
    })
}

#[cfg(target_arch = "aarch64")]
fn name(number: u64) -> Option<&'static str> {
    Some(match number {
        63 | 65 => "read()",
        64 | 66 => "write()",
        73 => "poll()",
        72 => "select()",
        101 | 115 => "sleep()",
        203 => "connect()",
        202 | 242 => "accept()",
        206 | 211 => "send()",
        207 | 212 => "recv()",
        98 => "a lock, a join or a channel",
        22 => "epoll_wait()",
        _ => return None,
    })
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn name(_: u64) -> Option<&'static str> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc;
    use std::time::Instant;

    fn wait_for(tid: &str, wanted: impl Fn(&Whereabouts) -> bool) -> Whereabouts {
        let end = Instant::now() + Duration::from_secs(5);
        loop {
            let found = whereabouts(tid);
            if wanted(&found) || Instant::now() > end {
                return found;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn names_the_call_that_a_thread_waits_in() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (send_tid, tid) = mpsc::channel();
        let server = std::thread::spawn(move || {
            send_tid.send(own_tid().unwrap()).unwrap();
            listener.accept().unwrap();
        });
        let tid = tid.recv().unwrap();
        let found = wait_for(&tid, |w| *w == Whereabouts::Blocked("accept()"));
        assert_eq!(found, Whereabouts::Blocked("accept()"));
        TcpStream::connect(address).unwrap();
        server.join().unwrap();
        assert_eq!(whereabouts(&tid), Whereabouts::Unknown);
    }

    #[test]
    fn tells_a_loop_by_its_processor_time() {
        let (send_tid, tid) = mpsc::channel();
        let (stop, stopped) = mpsc::channel::<()>();
        let spinner = std::thread::spawn(move || {
            send_tid.send(own_tid().unwrap()).unwrap();
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                std::hint::spin_loop();
            }
        });
        let tid = tid.recv().unwrap();
        let busy = |w: &Whereabouts| matches!(w, Whereabouts::Running { cpu } if *cpu > Duration::from_millis(20));
        let found = wait_for(&tid, busy);
        drop(stop);
        spinner.join().unwrap();
        assert!(busy(&found), "{found:?}");
    }
}
