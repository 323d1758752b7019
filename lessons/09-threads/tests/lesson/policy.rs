//! What all servers of Part II share: what a failed accept means, and how they learn to stop.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use threads::{AfterAccept, Stop, after_accept};

#[cfg(unix)]
#[test]
fn an_error_of_accept_is_about_a_client_a_want_or_the_listener() {
    use rustix::io::Errno;
    let of = |errno: Errno| after_accept(&Error::from_raw_os_error(errno.raw_os_error()));
    for errno in [
        Errno::CONNABORTED,
        Errno::INTR,
        Errno::PROTO,
        Errno::HOSTUNREACH,
        Errno::PERM,
    ] {
        assert_eq!(of(errno), AfterAccept::Next, "{errno}");
    }
    for errno in [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM] {
        assert_eq!(of(errno), AfterAccept::Pause, "{errno}");
    }
    for errno in [Errno::BADF, Errno::INVAL, Errno::NOTSOCK] {
        assert_eq!(of(errno), AfterAccept::GiveUp, "{errno}");
    }
}

#[test]
fn an_error_without_a_number_has_a_kind() {
    let of = |kind: ErrorKind| after_accept(&Error::from(kind));
    assert_eq!(of(ErrorKind::ConnectionAborted), AfterAccept::Next);
    assert_eq!(of(ErrorKind::OutOfMemory), AfterAccept::Pause);
    assert_eq!(of(ErrorKind::InvalidInput), AfterAccept::GiveUp);
}

#[test]
fn stop_wakes_each_listener_once_whenever_it_comes() {
    let stop = Stop::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let wake = || {
        let calls = Arc::clone(&calls);
        move || {
            calls.fetch_add(1, Ordering::Relaxed);
        }
    };
    stop.on_stop(wake());
    let server = stop.clone();
    server.on_stop(wake());
    assert!(!server.is_stopped());
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    stop.stop();
    stop.stop();
    assert!(server.is_stopped());
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    server.on_stop(wake());
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[test]
fn what_wakes_may_look_at_the_stop() {
    let stop = Stop::new();
    let (inner, calls) = (stop.clone(), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&calls);
    stop.on_stop(move || seen.store(usize::from(inner.is_stopped()), Ordering::Relaxed));
    stop.stop();
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[cfg(unix)]
#[test]
fn the_descriptor_limit_is_raised_as_far_as_it_may() {
    use rustix::process::{Resource, getrlimit};
    let raised = threads::raise_descriptor_limit();
    assert_eq!(raised, getrlimit(Resource::Nofile).maximum);
}
