//! hint: answers-before-the-fault
//! Leaves with the error before the good answers are written.

use framing::{Event, Frames, MAX_FRAME};
use std::io::{self, ErrorKind, Read, Write};

pub const BUFFER: usize = 4096;

pub fn answer_all(
    stream: &mut (impl Read + Write),
    mut answer: impl FnMut(&[u8]) -> Vec<u8>,
) -> io::Result<u64> {
    let mut frames = Frames::new(MAX_FRAME);
    let mut buffer = [0; BUFFER];
    let mut answered = 0;
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => frames.receive_end(),
            Ok(count) => frames.receive_data(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        let outcome = loop {
            match frames.next_event() {
                Ok(Some(Event::Message(payload))) => {
                    frames.send_frame(&answer(&payload))?;
                    answered += 1;
                }
                Ok(None) => break None,
                Ok(Some(Event::End)) => break Some(Ok(answered)),
                Err(error) => return Err(error.into()),
            }
        };
        stream.write_all(frames.data_to_send())?;
        frames.data_sent(frames.data_to_send().len());
        if let Some(outcome) = outcome {
            return outcome;
        }
    }
}
