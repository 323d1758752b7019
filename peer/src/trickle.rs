//! A client that sends a little, again and again: each byte comes in time, and the whole never
//! does.

use crate::{Line, Scene};
use std::thread;
use std::time::Duration;

impl Scene {
    /// Sends `byte` over `line` every `pace`, as long as `going` says so and the test has time
    /// left, and returns how many bytes that were.
    ///
    /// The pauses are what the student's code is tested with; they are no wait for anything. A
    /// machine that is so busy that a pause becomes too long makes the trickler milder, never
    /// stricter.
    pub fn trickle(
        &self,
        line: &mut Line,
        byte: u8,
        pace: Duration,
        going: impl Fn() -> bool,
    ) -> usize {
        let mut sent = 0;
        while going() && self.left() > pace {
            line.send(&[byte]);
            sent += 1;
            thread::sleep(pace);
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge;
    use std::io::Read;

    #[test]
    fn the_other_end_reads_byte_after_byte() {
        let judged = judge(Duration::from_secs(5), |scene| {
            let (listener, address) = scene.listener();
            let server = scene.run("your server", move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut three = [0; 3];
                stream.read_exact(&mut three).unwrap();
                three
            });
            let mut line = scene.connect("client", address);
            let pace = Duration::from_millis(1);
            scene.trickle(&mut line, b'x', pace, || server.is_running());
            assert_eq!(&server.join(|_| "blocked"), b"xxx");
        });
        assert_eq!(judged, Ok(()));
    }

    #[test]
    fn it_ends_with_the_test() {
        let deadline = Duration::from_millis(100);
        let judged = judge(deadline, |scene| {
            let (listener, address) = scene.listener();
            let server = scene.run("your server", move || {
                let (mut stream, _) = listener.accept().unwrap();
                stream.read_to_end(&mut Vec::new()).unwrap()
            });
            let mut line = scene.connect("client", address);
            let pace = Duration::from_millis(1);
            scene.trickle(&mut line, b'x', pace, || server.is_running());
            server.join(|_| "held");
        });
        assert_eq!(
            judged.map_err(|verdict| verdict.key),
            Err("held".to_string())
        );
    }
}
