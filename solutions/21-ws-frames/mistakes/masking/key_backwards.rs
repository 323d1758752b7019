//! hint: byte-by-byte
//! Takes the key as a number, the least significant byte first, and its bytes the other way round.

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
        match (role, key) {
            (Role::Server, None) | (Role::Client, Some(_)) => Err(Fail(1002)),
            _ => Ok(Unmask { key, done: 0 }),
        }
    }

    pub fn payload(&mut self, piece: &mut [u8]) {
        if let Some(key) = self.key {
            for byte in piece {
                *byte ^= key[3 - self.done % 4];
                self.done += 1;
            }
        }
    }
}
