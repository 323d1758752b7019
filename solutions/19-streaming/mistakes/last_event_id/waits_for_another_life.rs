//! hint: of-another-life
//! Waits until there are as many events as the client has seen, and says nothing till then.

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
    let before_first = kept.first - 1;
    match (before_first..).contains(&seen) {
        true => Start::After(seen),
        false => Start::Missed(before_first),
    }
}
