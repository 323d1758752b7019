//! Exercise: going on after `Last-Event-ID`.

/// The numbers of the events that the server still has. Each event has the number behind that of the
/// event before. When it has none, `first` is the number that the next one will have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Of the oldest one, at least 1.
    pub first: u64,
    /// Of the newest one; `first - 1` when there is none.
    pub last: u64,
}

/// Where a response begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the event behind this number. The client misses nothing.
    After(u64),
    /// With the event behind this number, and the client is told first that events are missing: they
    /// are kept no longer, or its number is of another server. It gets everything that is kept.
    Missed(u64),
    /// Not at all: 400 Bad Request.
    Refused,
}

/// Decides where to begin for a client that asks for a stream of events.
///
/// A browser that has lost its connection asks anew, at the same address, and says in the field
/// `Last-Event-ID` which event it got last. In the address, a page may say with `since` what it knew
/// when it was loaded; that stays the same however often the browser connects. A client that says
/// neither wants what happens from now on.
///
/// What will come: each of the two alone, both, and none; a number whose next event is the oldest that
/// is kept, and older ones; a number that no event has yet, up to the largest there is: the server has
/// begun anew, and the client remembers another life; a server that keeps nothing; what is no number.
///
/// Example: with the events 5 to 9 kept, `7` is `After(7)`, `4` is `After(4)`, and `3` is `Missed(4)`:
/// event 4 is gone.
pub fn start(kept: Kept, last_event_id: Option<&str>, since: Option<&str>) -> Start {
    // BEGIN SOLUTION: take the field before the address; refuse what is no number; compare it with the number before the first, and with the last
    let Some(text) = last_event_id.or(since) else {
        return Start::After(kept.last);
    };
    let Ok(seen) = text.parse::<u64>() else {
        return Start::Refused;
    };
    let before_first = kept.first - 1;
    match (before_first..=kept.last).contains(&seen) {
        true => Start::After(seen),
        false => Start::Missed(before_first),
    }
    // END SOLUTION
}
