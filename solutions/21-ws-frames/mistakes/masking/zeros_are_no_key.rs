//! hint: zeros-are-a-key
//! Takes four zeros for a frame without key.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Client,
    Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fail(pub u16);

#[derive(Debug)]
pub struct Unmask {
    key: Option<[u8; 4]>,
    done: usize,
}

impl Unmask {
    pub fn begin(role: Role, key: Option<[u8; 4]>) -> Result<Unmask, Fail> {
        let key = key.filter(|key| *key != [0; 4]);
        match (role, key) {
            (Role::Server, None) | (Role::Client, Some(_)) => Err(Fail(1002)),
            _ => Ok(Unmask { key, done: 0 }),
        }
    }

    pub fn payload(&mut self, piece: &mut [u8]) {
        if let Some(key) = self.key {
            for byte in piece {
                *byte ^= key[self.done % 4];
                self.done += 1;
            }
        }
    }
}
