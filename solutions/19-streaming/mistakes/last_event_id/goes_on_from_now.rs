//! hint: of-another-life
//! Sends a client of another life nothing that is kept.

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
    if seen > kept.last {
        return Start::Missed(kept.last);
    }
    match seen >= before_first {
        true => Start::After(seen),
        false => Start::Missed(before_first),
    }
}
