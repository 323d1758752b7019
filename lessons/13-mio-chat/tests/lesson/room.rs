//! The server with the clients that a chat has.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use threads::{Limits, News, Stop};

use crate::programs::{ANY_PORT, DEADLINE, connect, reset};

/// For clients that are given up while the test waits.
const SHORT: Duration = Duration::from_millis(150);

pub fn frame(payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = u32::try_from(payload.len()).unwrap();
    [&length.to_be_bytes()[..], payload].concat()
}

/// The next frame, as text.
fn next(stream: &mut TcpStream) -> io::Result<String> {
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix)?;
    let mut payload = vec![0; u32::from_be_bytes(prefix) as usize];
    stream.read_exact(&mut payload)?;
    Ok(String::from_utf8(payload).unwrap())
}

pub struct Member {
    pub stream: TcpStream,
}

impl Member {
    /// Comes in, and hears that it has.
    pub fn joins(address: SocketAddr, name: &str) -> Self {
        let stream = connect(address);
        stream.set_nodelay(true).unwrap();
        let mut member = Member { stream };
        member.says(name);
        assert!(next(&mut member.stream).unwrap().starts_with("welcome"));
        member.hears(&format!("joined {name}"));
        member
    }

    pub fn says(&mut self, text: &str) {
        self.stream.write_all(&frame(text)).unwrap();
    }

    pub fn hears(&mut self, notice: &str) {
        assert_eq!(next(&mut self.stream).unwrap(), notice);
    }

    /// It does not take what it is told, until the server does not listen to it any more.
    pub fn talks_until_it_cannot_go_on(&mut self) {
        self.stream.set_write_timeout(Some(SHORT)).unwrap();
        let text = frame("x".repeat(4000));
        while self.stream.write_all(&text).is_ok() {}
    }

    /// Whatever comes until the end of the stream.
    pub fn rest(mut self) -> Vec<String> {
        let mut rest = Vec::new();
        loop {
            match next(&mut self.stream) {
                Ok(notice) => rest.push(notice),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return rest,
                Err(error) => panic!("{error} after {rest:?}"),
            }
        }
    }
}

struct Running {
    address: SocketAddr,
    stop: Stop,
    news: Receiver<News>,
    thread: JoinHandle<io::Result<usize>>,
}

fn serve(limits: Limits) -> Running {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    let stop = Stop::new();
    let (sender, news) = mpsc::channel();
    let asked = stop.clone();
    let report = move |news| drop(sender.send(news));
    let thread = thread::spawn(move || mio_chat::serve(listener, limits, &asked, report));
    Running {
        address,
        stop,
        news,
        thread,
    }
}

impl Running {
    /// How the next conversation ended.
    fn ended(&self) -> io::Result<u64> {
        match self.news.recv_timeout(DEADLINE).unwrap() {
            News::Ended(_, outcome) => outcome,
            News::AcceptFailed(error) => panic!("{error}"),
        }
    }

    fn stops(self) -> usize {
        self.stop.stop();
        self.thread.join().unwrap().unwrap()
    }
}

#[test]
fn conforms_to_the_chat() {
    peer::chat::conforms(|listener, limits, stop, report| {
        mio_chat::serve(listener, limits, stop, report)
    });
}

#[test]
fn a_flood_keeps_nobody_waiting() {
    let server = serve(Limits::USUAL);
    let mut ana = Member::joins(server.address, "ana");
    let mut bob = Member::joins(server.address, "bob");
    ana.hears("joined bob");
    // Empty frames are messages that nobody is told of: only the server has work with them.
    let mut flood = Member::joins(server.address, "flood");
    ana.hears("joined flood");
    bob.hears("joined flood");
    let (done, is_done) = mpsc::channel::<()>();
    let flooding = thread::spawn(move || {
        let much = frame("").repeat(100_000);
        while is_done.try_recv().is_err() {
            flood.stream.write_all(&much).unwrap();
        }
    });
    for number in 0..100 {
        ana.says(&number.to_string());
        bob.hears(&format!("said ana {number}"));
        ana.hears(&format!("said ana {number}"));
    }
    done.send(()).unwrap();
    flooding.join().unwrap();
    let _ = server.ended(); // It hung up on what Ana had said: a reset.
    drop((ana, bob));
    assert_eq!(server.stops(), 0);
}

#[test]
fn more_messages_than_a_budget_come_in_one_piece_and_all_are_heard() {
    let server = serve(Limits::USUAL);
    let mut ana = Member::joins(server.address, "ana");
    // Then silence: no edge will tell of the messages that were read and not taken in one turn.
    let texts: Vec<u8> = (0..1000).flat_map(|n| frame(n.to_string())).collect();
    ana.stream.write_all(&texts).unwrap();
    for number in 0..1000 {
        ana.hears(&format!("said ana {number}"));
    }
    ana.stream.shutdown(Shutdown::Write).unwrap();
    assert!(ana.rest().is_empty());
    assert_eq!(server.ended().unwrap(), 1001);
    assert_eq!(server.stops(), 0);
}

#[test]
fn who_talks_and_does_not_listen_is_not_listened_to_and_loses_nothing() {
    const TEXTS: usize = 5_000;
    let server = serve(Limits::USUAL);
    let ana = Member::joins(server.address, "ana");
    let mut talks = ana.stream.try_clone().unwrap();
    // 20 MB, and every byte comes back: more than the buffers of two kernels and our queue hold.
    let talking = thread::spawn(move || {
        let text = frame("x".repeat(4000));
        for _ in 0..TEXTS {
            talks.write_all(&text).unwrap();
        }
        talks.shutdown(Shutdown::Write).unwrap();
    });
    thread::sleep(SHORT);
    let rest = ana.rest();
    talking.join().unwrap();
    assert_eq!(rest.len(), TEXTS);
    assert!(
        rest.iter()
            .all(|notice| notice.len() == 4000 + "said ana ".len())
    );
    assert_eq!(server.ended().unwrap(), 1 + TEXTS as u64);
    assert_eq!(server.stops(), 0);
}

#[test]
fn a_refusal_arrives_though_more_was_sent() {
    let server = serve(Limits::USUAL);
    for _ in 0..20 {
        let mut rude = connect(server.address);
        let much = [frame("no name"), vec![b'x'; 200_000]].concat();
        rude.write_all(&much).unwrap();
        assert_eq!(next(&mut rude).unwrap(), "refused that is no name");
        assert_eq!(rude.read(&mut [0; 1]).unwrap(), 0);
        drop(rude);
        assert_eq!(server.ended().unwrap_err().kind(), ErrorKind::InvalidData);
    }
    assert_eq!(server.stops(), 0);
}

#[test]
fn who_was_refused_and_does_not_hang_up_is_hung_up_on() {
    let server = serve(Limits::USUAL);
    let mut stays = connect(server.address);
    stays.write_all(&frame("no name")).unwrap();
    assert_eq!(next(&mut stays).unwrap(), "refused that is no name");
    // It holds its connection open; LINGER ends it.
    assert_eq!(server.ended().unwrap_err().kind(), ErrorKind::InvalidData);
    assert_eq!(server.stops(), 0);
}

#[test]
fn the_silent_are_told_and_given_up() {
    let limits = Limits {
        idle: SHORT,
        ..Limits::USUAL
    };
    let server = serve(limits);
    let ana = Member::joins(server.address, "ana");
    let nameless = Member {
        stream: connect(server.address),
    };
    assert_eq!(ana.rest(), ["refused nothing came for too long"]);
    assert_eq!(nameless.rest(), ["refused nothing came for too long"]);
    for _ in 0..2 {
        assert_eq!(server.ended().unwrap_err().kind(), ErrorKind::TimedOut);
    }
    assert_eq!(server.stops(), 0);
}

#[test]
fn many_come_and_go_at_once() {
    let limits = Limits {
        connections: 20,
        ..Limits::USUAL
    };
    let server = serve(limits);
    let mut ana = Member::joins(server.address, "ana");
    let guests: Vec<_> = (0..4)
        .map(|thread| {
            let address = server.address;
            thread::spawn(move || {
                for number in 0..100 {
                    match number % 3 {
                        0 => reset(connect(address)),
                        1 => drop(connect(address)),
                        _ => {
                            // Told and gone, and the next one gets its place.
                            let name = format!("guest-{thread}-{number}");
                            let guest = Member::joins(address, &name);
                            reset(guest.stream);
                        }
                    }
                }
            })
        })
        .collect();
    for guest in guests {
        guest.join().unwrap();
    }
    ana.says("still here");
    let mut present = 0;
    loop {
        let notice = next(&mut ana.stream).unwrap();
        match notice.split_once(' ').unwrap() {
            ("joined", _) => present += 1,
            ("left", _) => present -= 1,
            (_, said) => {
                assert_eq!(said, "ana still here");
                break;
            }
        }
    }
    while present > 0 {
        assert!(next(&mut ana.stream).unwrap().starts_with("left "));
        present -= 1;
    }
    for _ in 0..400 {
        let _ = server.ended(); // However it ended.
    }
    assert_eq!(server.stops(), 0);
}

#[test]
fn stops_with_everybody_at_the_deadline() {
    let limits = Limits {
        drain: SHORT,
        ..Limits::USUAL
    };
    let server = serve(limits);
    let mut stuck = Member::joins(server.address, "stuck");
    stuck.talks_until_it_cannot_go_on();
    let ana = Member::joins(server.address, "ana");
    assert_eq!(server.stops(), 1);
    assert_eq!(ana.rest(), ["closing"]);
    drop(stuck);
}

#[test]
fn stops_at_once_when_it_was_asked_before() {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let stop = Stop::new();
    stop.stop();
    let cut_off = mio_chat::serve(listener, Limits::USUAL, &stop, |_| {}).unwrap();
    assert_eq!(cut_off, 0);
}
