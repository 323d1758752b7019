//! hint: still-listens
//! Throws away what comes behind its own close frame.

use std::time::{Duration, Instant};

pub const PATIENCE: Duration = Duration::from_secs(5);

pub const NO_CODE: u16 = 1005;

pub const LOST: u16 = 1006;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Client,
    Server,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    Send(String),
    SendClose(Option<u16>),
    CloseSocket,
}

#[derive(Debug)]
pub struct Goodbye {
    role: Role,
    sent: bool,
    came: Option<u16>,
    deadline: Option<Instant>,
    closed: bool,
}

impl Goodbye {
    pub fn new(role: Role) -> Goodbye {
        Goodbye {
            role,
            sent: false,
            came: None,
            deadline: None,
            closed: false,
        }
    }

    pub fn message(&mut self, text: &str) -> Option<Do> {
        let may = !self.sent && !self.closed;
        may.then(|| Do::Send(text.to_string()))
    }

    pub fn is_listening(&self) -> bool {
        self.came.is_none() && !self.closed && !self.sent
    }

    pub fn close(&mut self, code: u16, now: Instant) -> Option<Do> {
        if self.sent || self.closed {
            return None;
        }
        self.sent = true;
        self.deadline = Some(now + PATIENCE);
        Some(Do::SendClose(Some(code)))
    }

    pub fn close_came(&mut self, code: Option<u16>, now: Instant) -> Vec<Do> {
        let mut all = Vec::new();
        if self.came.is_some() || self.closed {
            return all;
        }
        self.came = Some(code.unwrap_or(NO_CODE));
        if !self.sent {
            self.sent = true;
            self.deadline = Some(now + PATIENCE);
            all.push(Do::SendClose(code));
        }
        if self.role == Role::Server {
            self.closed = true;
            all.push(Do::CloseSocket);
        }
        all
    }

    pub fn end_came(&mut self) -> Option<Do> {
        let first = !self.closed;
        self.closed = true;
        first.then_some(Do::CloseSocket)
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.deadline.filter(|_| !self.closed)
    }

    pub fn late(&mut self, now: Instant) -> Option<Do> {
        let is_late = self.deadline().is_some_and(|deadline| now >= deadline);
        self.closed |= is_late;
        is_late.then_some(Do::CloseSocket)
    }

    pub fn ended(&self) -> Option<u16> {
        self.closed.then(|| self.came.unwrap_or(LOST))
    }
}
