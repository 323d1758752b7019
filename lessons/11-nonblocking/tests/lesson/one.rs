//! One connection, over a stream that answers exactly as told, at invented times.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use nonblocking::{
    BUDGET, Connecting, Connection, Flushed, HIGH_WATER_MARK, Interest, OutBuffer, Turn, begin,
    check,
};

use crate::programs::{ANY_PORT, DEADLINE};

/// Answers as told. With nothing left to say, it says WouldBlock.
#[derive(Default)]
struct Told {
    reads: VecDeque<io::Result<Vec<u8>>>,
    /// Bytes that a write takes: 0 means WouldBlock.
    writes: VecDeque<usize>,
    /// Once its answers are used up, every write takes all.
    takes_all: bool,
    written: Vec<u8>,
}

impl Read for Told {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut bytes = match self.reads.pop_front() {
            Some(answer) => answer?,
            None => return Err(ErrorKind::WouldBlock.into()),
        };
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        if count < bytes.len() {
            self.reads.push_front(Ok(bytes.split_off(count)));
        }
        Ok(count)
    }
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = match self.writes.pop_front() {
            Some(0) => return Err(ErrorKind::WouldBlock.into()),
            Some(most) => most,
            None if self.takes_all => usize::MAX,
            None => return Err(ErrorKind::WouldBlock.into()),
        };
        let count = most.min(bytes.len());
        self.written.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const READABLE: Interest = Interest {
    readable: true,
    writable: false,
};
const WRITABLE: Interest = Interest {
    readable: false,
    writable: true,
};
const BOTH: Interest = Interest {
    readable: true,
    writable: true,
};

const IDLE: Duration = Duration::from_secs(30);

/// A connection and the moment when it began.
fn connection(stream: Told) -> (Connection<Told>, Instant) {
    let now = Instant::now();
    (Connection::new(stream, IDLE, now), now)
}

/// What it waits for after a turn at `now`.
#[track_caller]
fn waits(connection: &mut Connection<Told>, now: Instant) -> Interest {
    match connection.turn(now, &mut [0; 16 * 1024]) {
        Turn::Waits(interest) => interest,
        Turn::Over(outcome) => panic!("the conversation should go on: {outcome:?}"),
    }
}

#[track_caller]
fn over(connection: &mut Connection<Told>, now: Instant) -> io::Result<u64> {
    match connection.turn(now, &mut [0; 16 * 1024]) {
        Turn::Waits(interest) => panic!("the conversation should be over: {interest:?}"),
        Turn::Over(outcome) => outcome,
    }
}

/// Bytes in which a lost, repeated or swapped piece shows.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 251 + at) as u8).collect()
}

#[test]
fn nothing_to_do_is_an_answer() {
    let (mut connection, now) = connection(Told::default());
    assert_eq!(waits(&mut connection, now), READABLE);
    assert_eq!(waits(&mut connection, now), READABLE);
}

#[test]
fn what_a_socket_does_not_take_waits_in_order() {
    let (mut connection, now) = connection(Told {
        reads: [Ok(b"one, ".to_vec()), Ok(b"two".to_vec())].into(),
        writes: [2, 0].into(),
        ..Told::default()
    });
    assert_eq!(waits(&mut connection, now), BOTH);
    assert_eq!(connection.stream().written, b"on");
    assert_eq!(waits(&mut connection, now), BOTH); // Blocked again.
    assert_eq!(connection.stream().written, b"on");
}

#[test]
fn the_end_comes_after_the_rest_of_the_echo() {
    let bytes = pattern(1000);
    let (mut connection, now) = connection(Told {
        reads: [Ok(bytes.clone()), Ok(Vec::new())].into(),
        writes: [1, 0, 998, 0, 1].into(),
        ..Told::default()
    });
    assert_eq!(waits(&mut connection, now), WRITABLE);
    assert_eq!(connection.stream().written.len(), 999);
    assert_eq!(over(&mut connection, now).unwrap(), 1000);
    assert_eq!(connection.stream().written, bytes);
}

#[test]
fn interruptions_are_nothing() {
    let (mut connection, now) = connection(Told {
        reads: [
            Err(ErrorKind::Interrupted.into()),
            Ok(b"hi".to_vec()),
            Err(ErrorKind::Interrupted.into()),
            Ok(Vec::new()),
        ]
        .into(),
        takes_all: true,
        ..Told::default()
    });
    assert_eq!(over(&mut connection, now).unwrap(), 2);
}

#[test]
fn an_error_ends_it() {
    let (mut connection, now) = connection(Told {
        reads: [Ok(b"hi".to_vec()), Err(ErrorKind::ConnectionReset.into())].into(),
        takes_all: true,
        ..Told::default()
    });
    let error = over(&mut connection, now).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(connection.stream().written, b"hi");
}

#[test]
fn reading_stops_at_the_high_water_mark_and_goes_on_below() {
    let bytes = pattern(HIGH_WATER_MARK + 1);
    let (mut connection, now) = connection(Told {
        reads: [Ok(bytes.clone()), Ok(Vec::new())].into(),
        ..Told::default()
    });
    assert_eq!(waits(&mut connection, now), WRITABLE);
    assert_eq!(waits(&mut connection, now), WRITABLE);
    // There was one byte more, and the end behind it, and nobody has read them.
    connection.end_input();
    assert_eq!(waits(&mut connection, now), WRITABLE);

    let (mut connection, now) = self::connection(Told {
        reads: [Ok(bytes.clone()), Ok(Vec::new())].into(),
        // The turns write as often as they read, 16 KiB at a time: blocked four times, then some.
        writes: [0, 0, 0, 0, 1000, 0].into(),
        ..Told::default()
    });
    assert_eq!(waits(&mut connection, now), WRITABLE);
    assert_eq!(waits(&mut connection, now), WRITABLE); // Room for 1,000, and the end has come.
    assert_eq!(connection.stream().written, &bytes[..1000]);
    assert!(connection.stream().reads.is_empty());
}

#[test]
fn a_busy_client_has_a_budget() {
    let (mut connection, now) = connection(Told {
        reads: [Ok(pattern(BUDGET * 3))].into(),
        takes_all: true,
        ..Told::default()
    });
    for turn in 1..=3 {
        assert_eq!(waits(&mut connection, now), READABLE);
        assert_eq!(connection.stream().written.len(), BUDGET * turn);
    }
}

#[test]
fn who_is_idle_is_given_up_and_who_moves_is_not() {
    let (mut connection, start) = connection(Told {
        reads: [Ok(b"hi".to_vec())].into(),
        writes: [0, 1].into(),
        ..Told::default()
    });
    let second = Duration::from_secs(1);
    // Reading is a move, and so is writing.
    assert_eq!(waits(&mut connection, start + IDLE - second), BOTH);
    assert_eq!(connection.patience(start + IDLE), IDLE - second);
    assert_eq!(waits(&mut connection, start + IDLE * 2 - second * 2), BOTH);
    assert_eq!(waits(&mut connection, start + IDLE * 3 - second * 3), BOTH);
    let error = over(&mut connection, start + IDLE * 3).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "nothing moved for 30s");
}

#[test]
fn an_idle_time_may_be_endless() {
    let now = Instant::now();
    let mut connection = Connection::new(Told::default(), Duration::MAX, now);
    assert_eq!(waits(&mut connection, now + IDLE), READABLE);
    assert_eq!(connection.patience(now + IDLE), Duration::MAX - IDLE);
}

#[test]
fn a_write_that_takes_nothing_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Ok(0)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut out = OutBuffer::default();
    assert_eq!(out.flush(Full).unwrap(), Flushed::All); // Nothing waits: nothing is written.
    out.push(b"x");
    assert_eq!(out.flush(Full).unwrap_err().kind(), ErrorKind::WriteZero);
    assert_eq!(out.len(), 1);
}

#[test]
fn every_way_to_take_bytes_gives_the_same_bytes() {
    // 7 bytes in pieces of at most 3, with a push after each: all ways to answer the first writes.
    for ways in 0..4_usize.pow(5) {
        let answers = (0..5).map(|at| ways / 4_usize.pow(at) % 4);
        let mut stream = Told {
            writes: answers.collect(),
            ..Told::default()
        };
        let mut out = OutBuffer::default();
        for byte in b'a'..=b'g' {
            out.push(&[byte]);
            out.flush(&mut stream).unwrap();
        }
        assert!(b"abcdefg".starts_with(&stream.written), "{ways}");
        assert_eq!(stream.written.len() + out.len(), 7, "{ways}");
        stream.takes_all = true;
        while out.flush(&mut stream).unwrap() == Flushed::Blocked {}
        assert_eq!(stream.written, b"abcdefg", "{ways}");
    }
}

/// Asks until the connect is decided.
fn decided(mut socket: socket2::Socket) -> io::Result<std::net::TcpStream> {
    let started = Instant::now();
    while started.elapsed() < DEADLINE {
        socket = match check(socket)? {
            Connecting::Connected(stream) => return Ok(stream),
            Connecting::NotYet(socket) => socket,
        };
    }
    Err(ErrorKind::TimedOut.into())
}

#[test]
fn a_connect_ends_one_way_or_the_other() {
    let listener = std::net::TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    let stream = decided(begin(address).unwrap()).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), address);
    let mut stream = stream;
    let nothing = stream.read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);

    // A port that is taken, and nobody listens.
    let bound = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any = std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
    bound.bind(&any.into()).unwrap();
    let address = bound.local_addr().unwrap().as_socket().unwrap();
    let error = decided(begin(address).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}
