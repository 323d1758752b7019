//! hint: wrong-bytes-pass
//! Sends everything when one byte is wrong, also the beginning of a character at the end.

pub fn event(name: Option<&str>, text: &str) -> String {
    let mut event = name.map_or(String::new(), |name| format!("event: {name}\n"));
    for line in text.replace("\r\n", "\n").split(['\r', '\n']) {
        event += &format!("data: {line}\n");
    }
    event + "\n"
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Complete,
    Failed,
}

#[derive(Debug, Default)]
pub struct Answer {
    pending: Vec<u8>,
}

impl Answer {
    pub fn new() -> Answer {
        Answer::default()
    }

    pub fn token(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let complete = match str::from_utf8(&self.pending) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => self.pending.len(),
        };
        let rest = self.pending.split_off(complete);
        let whole = std::mem::replace(&mut self.pending, rest);
        match whole.is_empty() {
            true => String::new(),
            false => event(None, &String::from_utf8_lossy(&whole)),
        }
    }

    pub fn end(self, ended: Ended) -> String {
        let rest = match self.pending.is_empty() {
            true => String::new(),
            false => event(None, &String::from_utf8_lossy(&self.pending)),
        };
        let name = match ended {
            Ended::Complete => "done",
            Ended::Failed => "failed",
        };
        rest + &event(Some(name), "")
    }
}
