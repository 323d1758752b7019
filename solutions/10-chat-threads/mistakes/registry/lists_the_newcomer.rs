//! hint: who-was-there
//! Makes the list when the newcomer is on it already.

pub type Connection = u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameTaken;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

#[derive(Debug, Default)]
pub struct Registry {
    members: Vec<(Connection, String)>,
}

impl Registry {
    pub fn new() -> Registry {
        Registry::default()
    }

    pub fn join(&mut self, connection: Connection, name: &str) -> Result<Vec<String>, NameTaken> {
        if self.members.iter().any(|(_, taken)| taken == name) {
            return Err(NameTaken);
        }
        self.members.push((connection, name.to_string()));
        Ok(self.members.iter().map(|(_, name)| name.clone()).collect())
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
