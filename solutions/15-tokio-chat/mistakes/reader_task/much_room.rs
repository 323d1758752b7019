//! hint: unbounded
//! Makes a channel that is never full.

use std::io::{self, ErrorKind};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;

pub const MAX_FRAME: usize = 64 * 1024;

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

pub fn read_in_a_task<S>(mut stream: S, capacity: usize) -> mpsc::Receiver<io::Result<Vec<u8>>>
where
    S: AsyncRead + Unpin + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(capacity.max(1_000_000));
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
}
