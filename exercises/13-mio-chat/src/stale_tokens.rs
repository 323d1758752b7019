//! Exercise: tokens that outlive their clients.

/// One place. Clients come and go in it, one after the other.
#[derive(Debug)]
struct Place<T> {
    /// How many clients have left this place.
    generation: u32,
    client: Option<T>,
}

/// Clients that are found by a token.
///
/// The kernel hands out events with tokens, many at once. By the time an event is looked at, its
/// client may be gone, and another one may be in its place. The old token must not lead there. So a
/// token is a place **and** a generation.
#[derive(Debug)]
pub struct Clients<T> {
    places: Vec<Place<T>>,
    /// The places that nobody is in.
    free: Vec<u32>,
}

impl<T> Clients<T> {
    /// Nobody is in.
    pub fn new() -> Clients<T> {
        Clients {
            places: Vec::new(),
            free: Vec::new(),
        }
    }

    /// How many places there are, taken or free.
    pub fn places(&self) -> usize {
        self.places.len()
    }

    /// Takes `client` in, and returns its token. No two clients ever have the same token, and a
    /// place that is free is used before a new one is made.
    ///
    /// Example: Ana comes, Ana goes, Bob comes. There is one place, and two different tokens.
    pub fn insert(&mut self, client: T) -> u64 {
        todo!(
            "find a free place or make one, put the client in, and make a token of place and generation"
        )
    }

    /// The client whose token this is; `None` when it is gone, whoever has its place by now, and
    /// when there never was one.
    pub fn get(&mut self, token: u64) -> Option<&mut T> {
        todo!("look at the place of the token, and only if the generation is the token's")
    }

    /// Lets the client go whose token this is, and returns it; `None`, and nothing changes, when it
    /// is gone already.
    pub fn remove(&mut self, token: u64) -> Option<T> {
        todo!(
            "unless it is gone: take the client out, count the generation up, and mark the place as free"
        )
    }
}

impl<T> Default for Clients<T> {
    fn default() -> Clients<T> {
        Clients::new()
    }
}
