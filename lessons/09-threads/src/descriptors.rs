//! How many sockets a process may have.

// ANCHOR: raise
/// Raises the number of descriptors that this process may open as far as it may itself, and
/// returns it: the soft limit becomes the hard limit, getrlimit(2). `None` means no limit, or one
/// that cannot be asked for.
#[cfg(unix)]
pub fn raise_descriptor_limit() -> Option<u64> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // When it is refused, the limit stays what it was; the next line tells.
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current
}

/// Windows has no such limit.
#[cfg(not(unix))]
pub fn raise_descriptor_limit() -> Option<u64> {
    None
}
// ANCHOR_END: raise
