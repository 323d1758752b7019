//! Another zlib at the other end: that of Python. It refuses what refers back further than was agreed.

use crate::programs::{Program, installed};
use crate::{agreed, pair};
use ws_session::Compression;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

fn ask(python: &mut Program, order: char, bits: u8, takeover: bool, payload: &[u8]) -> Vec<u8> {
    let takeover = u8::from(takeover);
    python.type_in(format!("{order} {bits} {takeover} {}\n", hex(payload)).as_bytes());
    bytes(&python.line())
}

#[test]
fn python_reads_what_we_compress_and_we_read_what_it_does() {
    if !installed("python3") {
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/zlib.py");
    let mut random = fastrand::Rng::with_seed(9);
    for takeover in [true, false] {
        let mut python = Program::start("python3", &["-u", script]);
        for bits in 9..=15 {
            let (mut server, _) = pair(agreed(bits, takeover));
            for round in 0..4 {
                // Longer than the smallest windows, and each one like the one before.
                let message: Vec<u8> = (0..3_000 + round)
                    .map(|at: u32| (at % 1_500) as u8 ^ random.u8(..1 + (at % 3) as u8))
                    .collect();
                let message = [message.as_slice(), &message].concat();
                if let Some(payload) = server.compress(&message) {
                    let read = ask(&mut python, 'd', bits, takeover, &payload);
                    assert_eq!(read, message, "{bits} {takeover}");
                }
                let payload = ask(&mut python, 'c', bits, takeover, &message);
                let read = server.decompress(&payload, message.len());
                assert_eq!(read.unwrap(), message, "{bits} {takeover}");
            }
        }
        let run = python.finish();
        assert!(run.status.success(), "{}", run.errors);
    }
}
