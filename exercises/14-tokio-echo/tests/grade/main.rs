//! Grades the exercises of lesson 14.

use peer::{Lesson, of_the_machine};
use std::io;
use std::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

mod capped_echo;
mod echo_tasks;
mod no_blocking;
mod relay_halves;

static LESSON: Lesson = Lesson::new("14-tokio-echo", include_str!("../../exercises.toml"));

/// A runtime with one thread: a task that blocks it blocks all.
fn one_thread() -> Runtime {
    let built = Builder::new_current_thread().enable_all().build();
    of_the_machine("start tokio", built)
}

/// The listener as tokio wants it. To be called inside a runtime.
fn for_tokio(listener: TcpListener) -> io::Result<tokio::net::TcpListener> {
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener)
}
