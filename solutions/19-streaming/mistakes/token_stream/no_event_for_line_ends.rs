//! hint: the-text-as-it-is
//! Sends nothing for a token of spaces or line ends.

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
        // The last bytes that are no text: cut short, when with others behind them they would be.
        let end = self
            .pending
            .utf8_chunks()
            .last()
            .map_or(&[][..], |chunk| chunk.invalid());
        let is_cut = str::from_utf8(end).is_err_and(|error| error.error_len().is_none());
        let incomplete = if is_cut { end.len() } else { 0 };
        let rest = self.pending.split_off(self.pending.len() - incomplete);
        let whole = std::mem::replace(&mut self.pending, rest);
        match whole.trim_ascii().is_empty() {
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
