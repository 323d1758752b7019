//! What a client waits for, and who waits for whom.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

use ws_session::{News, Times, Wire};

use crate::programs::{ANY_PORT, DEADLINE, connect};

/// Bytes: more than the buffers of two sockets and everything between them hold.
const MUCH: usize = 32 << 20;

/// A server that reads nothing before all is written, as ours do when a client does not read.
#[test]
fn who_writes_goes_on_reading() {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let stream = connect(listener.local_addr().unwrap());
    let (mut server, _) = listener.accept().unwrap();
    let server = thread::spawn(move || {
        server.write_all(&vec![b's'; MUCH]).unwrap();
        server.shutdown(Shutdown::Write).unwrap();
        let mut heard = vec![0; MUCH];
        server.read_exact(&mut heard).unwrap();
    });
    let mut wire = Wire::new(stream, &b"one\ntwo"[..], Times::USUAL).unwrap();
    wire.write(vec![b'c'; MUCH]).unwrap();
    let (mut came, mut is_written, mut typed) = (0, false, Vec::new());
    let (mut has_ended, mut leaves) = (false, false);
    while !(has_ended && leaves) {
        match wire.next(DEADLINE).expect("something should happen") {
            News::Came(bytes) => came += bytes.len(),
            News::Ended(outcome) => {
                outcome.unwrap();
                has_ended = true;
            }
            News::Written => is_written = true,
            News::Typed(line) => {
                assert!(is_written, "{line:?} was read before there was room for it");
                typed.push(line);
            }
            News::Leaves => leaves = true,
        }
    }
    assert_eq!(came, MUCH);
    assert_eq!(typed, ["one", "two"]);
    server.join().unwrap();
}

/// Its questions may be without end; what we would answer is not.
#[test]
fn who_wants_answers_and_never_reads_is_given_up() {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let stream = connect(listener.local_addr().unwrap());
    let (_server, _) = listener.accept().unwrap();
    let mut wire = Wire::new(stream, &b""[..], Times::USUAL).unwrap();
    wire.write(vec![b'c'; MUCH]).unwrap(); // It takes as long as the writer's patience.
    let refused = (0..1000).find_map(|_| wire.write(vec![b'c']).err());
    assert_eq!(
        refused.map(|error| error.kind()),
        Some(std::io::ErrorKind::TimedOut)
    );
}
