//! hint: of-another-life
//! Adds one to a number from outside, and the largest one overflows.

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
    if seen + 1 < kept.first || seen > kept.last {
        return Start::Missed(before_first);
    }
    Start::After(seen)
}
