//! Exercise: predict what the client's calls return before anyone called `accept`.

/// What the server's side has done, and the client's call that is asked about.
///
/// Server and client are on one computer. The client's sockets are blocking ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// The server called bind and listen, and never calls accept. The client connects.
    ConnectWhileNobodyAccepts,
    /// As before, and the client has connected. It writes five bytes.
    WriteWhileNobodyAccepts,
    /// As before, and the client has connected. It reads.
    ReadWhileNobodyAccepts,
    /// The server called bind, and not listen. The client connects.
    ConnectToBoundSocket,
    /// The server never calls accept, and its queue is full of connections that wait for it. One
    /// more client connects.
    ConnectToFullQueue,
    /// The server accepted a client, and then closed the listening socket. Another client
    /// connects to the same address.
    ConnectAfterListenerClosed,
    /// The server accepted the client, closed the listening socket, and then wrote five bytes.
    /// The client reads.
    ReadAfterListenerClosedWhenAccepted,
    /// The client connected, nobody accepted it, and the server closed the listening socket.
    /// The client reads.
    ReadAfterListenerClosedWhenQueued,
}

/// What the client's call comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returns at once: connected, or some bytes were written or read.
    Succeeds,
    /// It does not return until something else happens, or the kernel gives up after minutes.
    Waits,
    /// It returns `Ok(0)`: end of stream.
    EndOfStream,
    /// It fails with `ConnectionRefused`.
    Refused,
    /// It fails with `ConnectionReset`.
    Reset,
}

/// Predicts the client's last call in each [`Situation`].
///
/// What will come: every situation, once. The grader then *makes* the situation with real
/// sockets on this computer, lets the client call, and compares. Predict first; where you are
/// wrong, the ladder shows what the kernel did.
///
/// Example: if a `Situation::ReadFromSilentServer` existed, in which the server accepted and says
/// nothing, its outcome would be `Outcome::Waits`.
pub fn predict(situation: Situation) -> Outcome {
    // BEGIN SOLUTION: match on the situation, and say for each one what the client's last call comes to
    match situation {
        Situation::ConnectWhileNobodyAccepts => Outcome::Succeeds,
        Situation::WriteWhileNobodyAccepts => Outcome::Succeeds,
        Situation::ReadWhileNobodyAccepts => Outcome::Waits,
        Situation::ConnectToBoundSocket => Outcome::Refused,
        Situation::ConnectToFullQueue => Outcome::Waits,
        Situation::ConnectAfterListenerClosed => Outcome::Refused,
        Situation::ReadAfterListenerClosedWhenAccepted => Outcome::Succeeds,
        Situation::ReadAfterListenerClosedWhenQueued => Outcome::Reset,
    }
    // END SOLUTION
}
