//! hint: cut-characters
//! Makes text of each token alone.

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
        let text = String::from_utf8_lossy(bytes);
        match text.is_empty() {
            true => String::new(),
            false => event(None, &text),
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
