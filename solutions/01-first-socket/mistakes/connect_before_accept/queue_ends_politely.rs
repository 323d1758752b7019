//! hint: the-queue-is-reset
//! Believes that a queued connection ends with end of stream.

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
        Situation::WriteWhileNobodyAccepts => Outcome::Succeeds,
        Situation::ReadWhileNobodyAccepts => Outcome::Waits,
        Situation::ConnectToBoundSocket => Outcome::Refused,
        Situation::ConnectToFullQueue => Outcome::Waits,
        Situation::ConnectAfterListenerClosed => Outcome::Refused,
        Situation::ReadAfterListenerClosedWhenAccepted => Outcome::Succeeds,
        Situation::ReadAfterListenerClosedWhenQueued => Outcome::EndOfStream,
    }
}
