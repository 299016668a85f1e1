//! A socket that keeps its place among the connections until it is closed, also after it became a web socket, and
//! that is given up when its other end does not read. It is closed so that the last answer arrives.

use std::io::{ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;

/// How long, and for how many bytes, what is still on its way is read and thrown away before a socket is closed. A
/// socket that is closed over unread bytes takes its last answer with it, such as the refusal of a large body.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES_MAX: usize = 16 * 1024 * 1024;

pub(super) struct Held {
    socket: TcpStream,
    _place: OwnedSemaphorePermit,
    unread: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    /// Whether the other end ever said anything.
    heard: bool,
    lingering: Option<Lingering>,
}

struct Lingering {
    until: Pin<Box<Sleep>>,
    bytes: usize,
}

impl Held {
    /// Holds `place`; fails once the other end has read nothing for `unread` although there was something to read.
    pub(super) fn new(socket: TcpStream, place: OwnedSemaphorePermit, unread: Duration) -> Self {
        // Without it small answers wait for each other.
        let _ = socket.set_nodelay(true);
        Self { socket, _place: place, unread, stalled: None, heard: false, lingering: None }
    }

    fn in_time(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<Result<usize>>,
    ) -> Poll<Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let unread = self.unread;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(unread)));
        stalled.as_mut().poll(context).map(|()| Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(context, buffer);
        self.heard |= buffer.filled().len() > before;
        read
    }
}

impl AsyncWrite for Held {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.in_time(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        let lingering = match &mut this.lingering {
            Some(lingering) => lingering,
            none => {
                ready!(Pin::new(&mut this.socket).poll_shutdown(context))?;
                none.insert(Lingering { until: Box::pin(tokio::time::sleep(LINGER)), bytes: 0 })
            }
        };
        let mut rest = [0; 16 * 1024];
        while this.heard && lingering.bytes < LINGER_BYTES_MAX {
            let mut buffer = ReadBuf::new(&mut rest);
            match Pin::new(&mut this.socket).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    lingering.bytes += buffer.filled().len();
                }
                Poll::Ready(_) => break,
                Poll::Pending => return lingering.until.as_mut().poll(context).map(Ok),
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(context, slices);
        self.in_time(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}
