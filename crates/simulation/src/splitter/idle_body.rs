//! A body that breaks off when its sender falls silent.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

/// Passes a body on piece by piece; fails when the next piece is awaited for longer than the limit.
pub(super) struct IdleBody {
    body: Incoming,
    limit: Duration,
    deadline: Pin<Box<Sleep>>,
    /// The deadline counts from when a piece was first asked for: a slow reader is not a silent sender.
    waiting: bool,
}

/// Why a transfer broke off.
#[derive(Debug, thiserror::Error)]
pub(super) enum TransferError {
    #[error("the sender was silent for {0:?}")]
    Silent(Duration),
    #[error(transparent)]
    Broken(#[from] hyper::Error),
}

impl IdleBody {
    pub(super) fn new(body: Incoming, limit: Duration) -> IdleBody {
        IdleBody {
            body,
            limit,
            deadline: Box::pin(sleep(limit)),
            waiting: false,
        }
    }
}

impl Body for IdleBody {
    type Data = Bytes;
    type Error = TransferError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransferError>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.waiting = false;
            return Poll::Ready(frame.map(|piece| piece.map_err(TransferError::Broken)));
        }
        if !this.waiting {
            this.waiting = true;
            this.deadline.as_mut().reset(Instant::now() + this.limit);
        }
        ready!(this.deadline.as_mut().poll(context));
        Poll::Ready(Some(Err(TransferError::Silent(this.limit))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
