//! Exercise: who is in the room.

/// What tells one connection from another. No two connections ever have the same number.
pub type Connection = u64;

/// Another member has that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameTaken;

/// Nothing can be posted to this member any more: it is gone, or its queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// The members of a room, in the order in which they came.
#[derive(Debug, Default)]
pub struct Registry {
    members: Vec<(Connection, String)>,
}

impl Registry {
    /// Nobody is in.
    pub fn new() -> Registry {
        Registry::default()
    }

    /// Lets `connection` in under `name`, and returns the names of those who were there before, in
    /// the order in which they came.
    ///
    /// What will come: a name that a member has; the name of somebody who has left, which is free;
    /// a connection that was refused and tries another name. A connection that is in does not join
    /// again.
    ///
    /// # Errors
    /// [`NameTaken`] when a member has that name. Then nothing has changed.
    ///
    /// Example: ana joins and gets `[]`, bob joins and gets `["ana"]`.
    pub fn join(&mut self, connection: Connection, name: &str) -> Result<Vec<String>, NameTaken> {
        todo!(
            "refuse a name that a member has, else add the member and return the names that were there before"
        )
    }

    /// `connection` has ended. Returns the name that is free from now on.
    ///
    /// What will come: the reader and the writer of one connection both say that it has ended, and
    /// the second one may say so when somebody else has come under the same name; connections that
    /// never joined. `None` for those, and nobody is removed.
    pub fn leave(&mut self, connection: Connection) -> Option<String> {
        todo!(
            "remove the member of this connection and return its name, or None when there is no such member"
        )
    }

    /// Calls `post` once for each member, in the order in which they came. For whom it says
    /// [`Gone`], is no member any more; the names of those are returned in the same order.
    ///
    /// What will come: nobody who is gone, some, several in a row, all.
    pub fn tell(&mut self, mut post: impl FnMut(Connection) -> Result<(), Gone>) -> Vec<String> {
        todo!("post to every member, remove those that are gone, and return their names")
    }
}
