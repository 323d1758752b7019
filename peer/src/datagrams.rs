//! A UDP socket of the grader's, behind a network that may be bad.

use crate::bytes::quoted;
use crate::verdict::Why;
use crate::{Scene, of_the_machine};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;
use udp::{Chances, Fate, LARGEST_PAYLOAD, Lossy};

/// How often a wait looks whether the student's code has ended: then nothing more will come.
const LOOK: Duration = Duration::from_millis(20);

/// A datagram and who sent it, or who shall get it.
type Letter = (Vec<u8>, SocketAddr);

/// The peer of a student's UDP socket.
///
/// Between the two lies a network that harms nothing, until [`Datagrams::behind`] says otherwise.
/// It is the code of lesson 05's `lossy-proxy`, with a seed from the scene's. Nothing here depends
/// on time, so the same conversation with the same seed meets the same fates.
pub struct Datagrams<'a> {
    scene: &'a Scene,
    name: String,
    socket: UdpSocket,
    sent_as: fn(&[u8]) -> String,
    received_as: fn(&[u8]) -> String,
    to_student: Lossy<Letter>,
    from_student: Lossy<Letter>,
}

impl Scene {
    /// A UDP socket on a port of the kernel's choice, for the student's code.
    pub fn udp_socket(&self) -> (UdpSocket, SocketAddr) {
        let bound = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|socket| socket.local_addr().map(|address| (socket, address)));
        of_the_machine("bind a UDP port on 127.0.0.1", bound)
    }

    /// A UDP socket of the grader's. `name` stands in the ladder.
    pub fn datagrams(&self, name: &str) -> Datagrams<'_> {
        Datagrams {
            scene: self,
            name: name.to_string(),
            socket: self.udp_socket().0,
            sent_as: quoted,
            received_as: quoted,
            to_student: Lossy::new(0, Chances::default()),
            from_student: Lossy::new(0, Chances::default()),
        }
    }
}

impl Datagrams<'_> {
    /// Writes datagrams into the ladder as these functions describe them, instead of quoting their
    /// bytes: `sent` those to the student's code, `received` those from it.
    pub fn shown_as(mut self, sent: fn(&[u8]) -> String, received: fn(&[u8]) -> String) -> Self {
        self.sent_as = sent;
        self.received_as = received;
        self
    }

    /// Puts a bad network in between, in both directions.
    pub fn behind(mut self, chances: Chances) -> Self {
        let seed = self.scene.random().u64(..);
        self.to_student = Lossy::new(seed, chances);
        self.from_student = Lossy::new(seed.wrapping_add(1), chances);
        self
    }

    /// The address of this end.
    pub fn address(&self) -> SocketAddr {
        of_the_machine("tell a socket's address", self.socket.local_addr())
    }

    /// From now on, datagrams from anyone but `peer` find this port closed: their senders' kernel
    /// is told so by ICMP, and a connected socket there reports `ConnectionRefused` (udp(7)). The
    /// port stays ours meanwhile, so nobody else can open it.
    pub fn hear_only(&self, peer: SocketAddr) {
        let connected = self.socket.connect(peer);
        of_the_machine("connect a UDP socket", connected);
    }

    /// Sends one datagram to the student's code.
    pub fn send_to(&mut self, datagram: &[u8], student: SocketAddr) {
        let what = format!("{}: {}", self.name, (self.sent_as)(datagram));
        let fate = self
            .to_student
            .receive_datagram((datagram.to_vec(), student));
        match harm(fate) {
            None => self.scene.ladder().sent(what),
            Some(harm) => self.scene.note(format!("network: {harm}: {what}")),
        }
        while let Some((datagram, student)) = self.to_student.next_datagram() {
            if let Err(error) = self.socket.send_to(&datagram, student) {
                self.scene
                    .note(format!("{}: could not send: {error}", self.name));
            }
        }
    }

    /// The next datagram of the student's code that the network lets through. Ends the test when
    /// none comes, with the hint that `key` gives: [`Why::Ended`] means that the code has returned,
    /// and `missing` completes "Your server has waited in recv() for 2.0 s, …" with what it still
    /// owes: "and should have sent its answer".
    pub fn receive(
        &mut self,
        missing: &str,
        key: impl FnOnce(Why) -> &'static str,
    ) -> (Vec<u8>, SocketAddr) {
        self.next_arrival()
            .unwrap_or_else(|why| self.fail(why, missing, key(why)))
    }

    /// Like [`Datagrams::receive`], but `None` when the student's code has returned and nothing
    /// more is to come.
    pub fn receive_or_end(
        &mut self,
        missing: &str,
        key: impl FnOnce(Why) -> &'static str,
    ) -> Option<(Vec<u8>, SocketAddr)> {
        match self.next_arrival() {
            Ok(arrived) => Some(arrived),
            Err(Why::Ended) => None,
            Err(why) => self.fail(why, missing, key(why)),
        }
    }

    fn next_arrival(&mut self) -> Result<Letter, Why> {
        loop {
            if let Some(arrived) = self.from_student.next_datagram() {
                return Ok(arrived);
            }
            let letter = self.next_letter()?;
            let what = format!("{}: {}", self.name, (self.received_as)(&letter.0));
            let fate = self.from_student.receive_datagram(letter);
            match harm(fate) {
                None => self.scene.ladder().received(what),
                Some(harm) => self.scene.note(format!("network: {harm}: {what}")),
            }
        }
    }

    /// Receives a datagram that must be `expected`, whole; ends the test when it is not, with the
    /// hint that `key` gives. Returns who sent it.
    pub fn expect(&mut self, expected: &[u8], key: impl Fn(Why) -> &'static str) -> SocketAddr {
        let missing = match expected {
            [] => "and should have sent an empty datagram".to_string(),
            _ => format!("and should have sent {}", quoted(expected)),
        };
        let (datagram, sender) = self.receive(&missing, &key);
        let sentence = match (&datagram[..], expected) {
            ([], _) => "An empty datagram came where another was expected.",
            (_, []) => "A datagram with bytes in it came where an empty one was expected.",
            _ => "The datagram that came is not the one that was expected.",
        };
        let key = key(Why::Different);
        self.scene.compare(expected, &datagram, key, sentence);
        sender
    }

    /// What the student's code sent, before the network gets it.
    fn next_letter(&self) -> Result<Letter, Why> {
        let mut buffer = vec![0; LARGEST_PAYLOAD];
        loop {
            // Asked before the read: what was sent before the end is then in the buffer.
            let ended = self.scene.has_ended();
            let left = self.scene.left();
            if left.is_zero() {
                return Err(self.scene.why_silent());
            }
            let wait = if ended {
                Duration::from_millis(1)
            } else {
                left.min(LOOK)
            };
            let set = self.socket.set_read_timeout(Some(wait));
            of_the_machine("set SO_RCVTIMEO", set);
            match self.socket.recv_from(&mut buffer) {
                Ok((count, sender)) => {
                    self.scene.progressed();
                    buffer.truncate(count);
                    return Ok((buffer, sender));
                }
                Err(error)
                    if ended
                        && matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return Err(Why::Ended);
                }
                // Time for another look; or news of a datagram of ours that found nobody.
                Err(_) => {}
            }
        }
    }

    fn fail(&self, why: Why, missing: &str, key: &str) -> ! {
        let sentence = match why {
            Why::Ended => {
                let mut name = self.scene.name();
                name[..1].make_ascii_uppercase();
                format!("{name} has returned, {missing}.")
            }
            _ => self.scene.sentence(why, missing),
        };
        if why != Why::Ended {
            self.scene.note("✗ nothing comes");
        }
        let unclear = self.scene.unclear(why);
        self.scene.fail(key, sentence, String::new(), unclear);
    }
}

/// What the ladder says of a datagram that did not simply pass.
fn harm(fate: Fate) -> Option<&'static str> {
    match fate {
        Fate::Passed => None,
        Fate::Lost => Some("✗ lost"),
        Fate::Twice => Some("arrives twice"),
        Fate::Late => Some("held back"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LONGEST_DEADLINE, judge};

    fn key_of(why: Why) -> &'static str {
        match why {
            Why::Ended => "ended",
            Why::Different => "different",
            Why::Blocked(_) => "blocked",
            _ => "other",
        }
    }

    #[test]
    fn hears_what_the_student_sent_before_it_returned_and_that_it_returned() {
        let verdict = judge(LONGEST_DEADLINE, |scene| {
            let mut peer = scene.datagrams("client");
            let ((student, address), there) = (scene.udp_socket(), peer.address());
            let running = scene.run("your server", move || {
                student
                    .recv_from(&mut [0; 9])
                    .map(|_| student.send_to(b"one", there).map(|_| 5))
            });
            peer.send_to(b"go", address);
            assert_eq!(peer.expect(b"one", key_of), address);
            let _ = &running;
            peer.expect(b"two", key_of);
        })
        .unwrap_err();
        assert_eq!(verdict.key, "ended");
        assert_eq!(
            verdict.sentence,
            "Your server has returned, and should have sent \"two\" (3 bytes)."
        );
        assert!(verdict.ladder.contains("client: \"one\" (3 bytes)"));
    }

    #[test]
    fn shows_the_first_wrong_byte_of_a_datagram() {
        let verdict = judge(LONGEST_DEADLINE, |scene| {
            let mut peer = scene.datagrams("client");
            let ((student, _), there) = (scene.udp_socket(), peer.address());
            let _running = scene.run("your server", move || student.send_to(b"ont", there));
            peer.expect(b"one", key_of);
        })
        .unwrap_err();
        assert_eq!(verdict.key, "different");
        assert!(verdict.bytes.contains("byte 2: expected 65, got 74"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn says_where_the_student_waits() {
        let verdict = judge(Duration::from_millis(1_200), |scene| {
            let mut peer = scene.datagrams("client");
            let (student, _) = scene.udp_socket();
            let _running = scene.run("your server", move || {
                student
                    .set_read_timeout(Some(Duration::from_secs(5)))
                    .unwrap();
                student.recv(&mut [0; 9]).is_ok()
            });
            peer.expect(b"", key_of);
        })
        .unwrap_err();
        assert_eq!(verdict.key, "blocked");
        assert!(
            verdict
                .sentence
                .starts_with("Your server has waited in recv() for 1.2 s, and should"),
            "{}",
            verdict.sentence
        );
    }

    #[test]
    fn a_bad_network_is_in_the_ladder_and_replays() {
        let conversation = || {
            judge(LONGEST_DEADLINE, |scene| {
                // Not the scene's own seed, which is another one in each run of this test.
                *scene.random() = fastrand::Rng::with_seed(5);
                let chances = Chances {
                    lost: 40,
                    twice: 20,
                    late: 20,
                };
                let mut peer = scene.datagrams("client").behind(chances);
                let ((student, _), there) = (scene.udp_socket(), peer.address());
                let _running = scene.run("your client", move || {
                    for number in 0..20 {
                        student.send_to(&[b'a' + number], there).unwrap();
                    }
                });
                loop {
                    peer.receive("and should have sent more", key_of);
                }
            })
            .unwrap_err()
            .ladder
        };
        let ladder = conversation();
        for harm in ["✗ lost", "arrives twice", "held back"] {
            assert!(ladder.contains(harm), "{ladder}");
        }
        assert_eq!(ladder, conversation());
    }
}
