//! hint: goes-on
//! Begins with the first byte of the key in each piece.

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
            for (at, byte) in piece.iter_mut().enumerate() {
                *byte ^= key[at % 4];
            }
        }
    }
}
