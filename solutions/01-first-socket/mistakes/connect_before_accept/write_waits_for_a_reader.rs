//! hint: write-needs-no-reader
//! Believes that a write returns when the other program has the bytes.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    ConnectWhileNobodyAccepts,
    WriteWhileNobodyAccepts,
    ReadWhileNobodyAccepts,
    ConnectToBoundSocket,
    ConnectToFullQueue,
    ConnectAfterListenerClosed,
    ReadAfterListenerClosedWhenAccepted,
    ReadAfterListenerClosedWhenQueued,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Succeeds,
    Waits,
    EndOfStream,
    Refused,
    Reset,
}

pub fn predict(situation: Situation) -> Outcome {
    match situation {
        Situation::ConnectWhileNobodyAccepts => Outcome::Succeeds,
        Situation::WriteWhileNobodyAccepts => Outcome::Waits,
        Situation::ReadWhileNobodyAccepts => Outcome::Waits,
        Situation::ConnectToBoundSocket => Outcome::Refused,
        Situation::ConnectToFullQueue => Outcome::Waits,
        Situation::ConnectAfterListenerClosed => Outcome::Refused,
        Situation::ReadAfterListenerClosedWhenAccepted => Outcome::Succeeds,
        Situation::ReadAfterListenerClosedWhenQueued => Outcome::Reset,
    }
}
