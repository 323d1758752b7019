//! hint: say-what-is-missing
//! Begins at the number that came, whether the event behind it is kept or not.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub first: u64,
    pub last: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    After(u64),
    Missed(u64),
    Refused,
}

pub fn start(kept: Kept, last_event_id: Option<&str>, since: Option<&str>) -> Start {
    let Some(text) = last_event_id.or(since) else {
        return Start::After(kept.last);
    };
    let Ok(seen) = text.parse::<u64>() else {
        return Start::Refused;
    };
    Start::After(seen)
}
