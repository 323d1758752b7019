//! hint: no-number-no-answer
//! Falls back to the address when the field is no number.

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
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok());
    let Some(seen) = number(last_event_id).or(number(since)) else {
        return match last_event_id.or(since) {
            Some(_) => Start::Refused,
            None => Start::After(kept.last),
        };
    };
    let before_first = kept.first - 1;
    match (before_first..=kept.last).contains(&seen) {
        true => Start::After(seen),
        false => Start::Missed(before_first),
    }
}
