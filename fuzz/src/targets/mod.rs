//! What reads bytes.

mod deflate;
mod frames;
mod handshake;
mod session;

use crate::Target;

/// All of them.
pub const TARGETS: &[Target] = &[
    handshake::SERVER,
    handshake::CLIENT,
    handshake::OFFERS,
    frames::FRAMES,
    deflate::DEFLATE,
    session::ECHO,
    session::COMPRESSED,
    session::TALK,
];

/// The one of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
