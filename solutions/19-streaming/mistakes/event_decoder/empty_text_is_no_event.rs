//! hint: lines-of-a-text
//! Drops an event whose text is empty.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub name: String,
    pub data: String,
}

#[derive(Debug, Default)]
pub struct Decoder {
    received: Vec<u8>,
    after_cr: bool,
    name: String,
    data: Option<String>,
    next_id: String,
    id: String,
}

impl Decoder {
    pub fn new() -> Decoder {
        Decoder::default()
    }

    pub fn receive_data(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    pub fn last_id(&self) -> &str {
        &self.id
    }

    fn next_line(&mut self) -> Option<String> {
        if self.after_cr && !self.received.is_empty() {
            self.after_cr = false;
            if self.received[0] == b'\n' {
                self.received.remove(0);
            }
        }
        let bytes = &self.received;
        let end = bytes.iter().position(|byte| b"\r\n".contains(byte))?;
        self.after_cr = bytes[end] == b'\r';
        let line = String::from_utf8_lossy(&bytes[..end]).into_owned();
        self.received.drain(..=end);
        Some(line)
    }

    pub fn next_event(&mut self) -> Option<Message> {
        loop {
            let line = self.next_line()?;
            if line.is_empty() {
                self.id.clone_from(&self.next_id);
                let name = std::mem::take(&mut self.name);
                let Some(data) = self.data.take().filter(|data| !data.is_empty()) else {
                    continue;
                };
                let name = match name.is_empty() {
                    true => "message".to_string(),
                    false => name,
                };
                return Some(Message { name, data });
            }
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match (field, &mut self.data) {
                ("data", Some(data)) => *data += &format!("\n{value}"),
                ("data", none) => *none = Some(value.to_string()),
                ("event", _) => self.name = value.to_string(),
                ("id", _) if !value.contains('\0') => self.next_id = value.to_string(),
                _ => {}
            }
        }
    }
}
