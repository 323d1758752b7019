//! Exercise: a task that reads, and a channel in between.

use std::io::{self, ErrorKind};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;

/// Bytes of payload that a frame may have.
pub const MAX_FRAME: usize = 64 * 1024;

/// Reads one frame, or `None` at the end of the stream between two frames.
///
/// It uses `read_exact`: who drops it while it waits loses what it has read.
async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut prefix = [0; 4];
    if stream.read(&mut prefix[..1]).await? == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut prefix[1..]).await?;
    let length = u32::from_be_bytes(prefix) as usize;
    if length > MAX_FRAME {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await?;
    Ok(Some(payload))
}

/// Spawns a task that reads the frames of `stream` with `read_frame`, and returns the receiving end
/// of a channel through which it hands them over, in order.
///
/// `recv()` may be dropped in a `select!` and asked again: the channel keeps what has come. Nobody
/// drops the `read_frame` of the task. Except for one case: when the receiver is gone, nobody wants
/// the frames any more, and the task ends, also while it waits for the stream.
///
/// The channel takes `capacity` frames, at least 1. While it is full, at most one further frame is
/// read: the task waits, the kernel's buffers fill, and the peer has to wait.
///
/// At the end of the stream the channel ends: `recv()` returns what is left, and then `None`. An
/// error is handed over as the last item.
///
/// Called inside a tokio runtime.
///
/// Example: the stream brings `"\0\0\0\x02hi"`, and then ends. `recv()` returns
/// `Some(Ok(b"hi".to_vec()))`, and then `None`.
pub fn read_in_a_task<S>(mut stream: S, capacity: usize) -> mpsc::Receiver<io::Result<Vec<u8>>>
where
    S: AsyncRead + Unpin + Send + 'static,
{
    // BEGIN SOLUTION: make a bounded channel; spawn a task that reads until the end, an error, or the loss of the receiver; return the receiver
    let (sender, receiver) = mpsc::channel(capacity);
    tokio::spawn(async move {
        loop {
            let frame = tokio::select! {
                frame = read_frame(&mut stream) => frame,
                // Here the read may lose what it likes: nobody will ask for it.
                () = sender.closed() => return,
            };
            let Some(frame) = frame.transpose() else {
                return;
            };
            let last = frame.is_err();
            if sender.send(frame).await.is_err() || last {
                return;
            }
        }
    }); // The only sender ends with the task, and with it the channel.
    receiver
    // END SOLUTION
}
