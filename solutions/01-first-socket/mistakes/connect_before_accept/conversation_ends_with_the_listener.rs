//! hint: the-conversation-goes-on
//! Believes that closing the listening socket closes what it accepted.

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
        Situation::ReadAfterListenerClosedWhenAccepted => Outcome::EndOfStream,
        Situation::ReadAfterListenerClosedWhenQueued => Outcome::Reset,
    }
}
