//! hint: leaves-twice
//! Remembers under which name a connection came, and removes whoever has it now.

pub type Connection = u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameTaken;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

#[derive(Debug, Default)]
pub struct Registry {
    members: Vec<(Connection, String)>,
    names: std::collections::HashMap<Connection, String>,
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
        self.names.insert(connection, name.to_string());
        self.members.push((connection, name.to_string()));
        Ok(before)
    }

    pub fn leave(&mut self, connection: Connection) -> Option<String> {
        let name = self.names.get(&connection)?.clone();
        self.members.retain(|(_, other)| *other != name);
        Some(name)
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
