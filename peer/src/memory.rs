//! How much memory has been asked for?

/// Bytes of address space that this process has, or `None` where the system does not tell.
///
/// It grows as soon as memory is allocated, before anybody writes to it: so it shows a `Vec` with
/// the capacity that a peer has asked for. Other threads allocate too. Compare it around a single
/// call, several times, and take the smallest growth.
///
/// Source: proc_pid_status(5), `VmSize`.
pub fn address_space() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmSize:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn grows_with_a_capacity_that_nobody_uses() {
        const MUCH: usize = 256 << 20;
        let before = address_space().unwrap();
        let reserved: Vec<u8> = Vec::with_capacity(MUCH);
        let after = address_space().unwrap();
        // Half of it, because other tests give memory back meanwhile.
        assert!(after > before + MUCH as u64 / 2, "{before} {after}");
        drop(reserved);
    }
}
