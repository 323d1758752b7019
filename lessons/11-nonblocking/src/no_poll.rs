//! Where there is no poll(2).

use std::io::{self, ErrorKind};
use std::time::Duration;

use threads::Stop;

use crate::{Wait, Watched};

/// poll(2) is a call of Unix. Lesson 12 waits on every system.
#[derive(Debug)]
pub struct Poll;

impl Poll {
    /// There is none here.
    ///
    /// # Errors
    ///
    /// Always: `Unsupported`.
    pub fn new(_: &Stop) -> io::Result<Self> {
        let sentence = "poll is a call of Unix; lesson 12 waits on every system";
        Err(io::Error::new(ErrorKind::Unsupported, sentence))
    }
}

impl Wait for Poll {
    fn wait(&mut self, _: &mut [Watched<'_>], _: Option<Duration>) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }
}
