//! hint: departed-remains
//! Remembers every name that was ever taken: nobody may come back.

pub type Connection = u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameTaken;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

#[derive(Debug, Default)]
pub struct Registry {
    members: Vec<(Connection, String)>,
    ever: std::collections::HashSet<String>,
}

impl Registry {
    pub fn new() -> Registry {
        Registry::default()
    }

    pub fn join(&mut self, connection: Connection, name: &str) -> Result<Vec<String>, NameTaken> {
        if !self.ever.insert(name.to_string()) {
            return Err(NameTaken);
        }
        let before = self.members.iter().map(|(_, name)| name.clone()).collect();
        self.members.push((connection, name.to_string()));
        Ok(before)
    }

    pub fn leave(&mut self, connection: Connection) -> Option<String> {
        let at = self
            .members
            .iter()
            .position(|(key, _)| *key == connection)?;
        Some(self.members.remove(at).1)
    }

    pub fn tell(&mut self, mut post: impl FnMut(Connection) -> Result<(), Gone>) -> Vec<String> {
        let mut gone = Vec::new();
        self.members.retain(|(connection, name)| {
            let is_there = post(*connection).is_ok();
            if !is_there {
                gone.push(name.clone());
            }
            is_there
        });
        gone
    }
}
