//! hint: silence-is-not-an-end
//! Believes that a read with nothing to read returns Ok(0).

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
        Situation::ReadWhileNobodyAccepts => Outcome::EndOfStream,
        Situation::ConnectToBoundSocket => Outcome::Refused,
        Situation::ConnectToFullQueue => Outcome::Waits,
        Situation::ConnectAfterListenerClosed => Outcome::Refused,
        Situation::ReadAfterListenerClosedWhenAccepted => Outcome::Succeeds,
        Situation::ReadAfterListenerClosedWhenQueued => Outcome::Reset,
    }
}
