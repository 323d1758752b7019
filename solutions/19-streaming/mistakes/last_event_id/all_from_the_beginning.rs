//! hint: from-now-on
//! Sends a newcomer all that is kept.

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
        return Start::After(kept.first - 1);
    };
    let Ok(seen) = text.parse::<u64>() else {
        return Start::Refused;
    };
    let before_first = kept.first - 1;
    match (before_first..=kept.last).contains(&seen) {
        true => Start::After(seen),
        false => Start::Missed(before_first),
    }
}
