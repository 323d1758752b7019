//! hint: gone-remains
//! Returns who is gone, and posts to them again the next time.

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
        let before: Vec<String> = self.members.iter().map(|(_, name)| name.clone()).collect();
        if before.iter().any(|taken| taken == name) {
            return Err(NameTaken);
        }
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
        self.members
            .iter()
            .filter(|(connection, _)| post(*connection).is_err())
            .map(|(_, name)| name.clone())
            .collect()
    }
}
