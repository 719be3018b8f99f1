//! The reader in a task of its own, so that a slow source never delays an act, an outcome or the lease.

use telemetry::Reader;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use verification::observation::Tick;
use verification::slices::SliceTable;
use verification::time::Timestamp;

/// A reader that looks when asked, one look at a time. A look under way ends with this value.
pub(crate) struct Looking {
    ask: mpsc::Sender<(Timestamp, SliceTable)>,
    looks: mpsc::Receiver<Tick>,
    under_way: bool,
    reader: AbortHandle,
}

impl Looking {
    pub(crate) fn start(mut reader: Reader) -> Self {
        let (ask, mut asked) = mpsc::channel::<(Timestamp, SliceTable)>(1);
        let (tell, looks) = mpsc::channel(1);
        let reader = tokio::spawn(async move {
            while let Some((now, slices)) = asked.recv().await {
                let tick = reader.look(now, &slices).await;
                if tell.send(tick).await.is_err() {
                    return;
                }
            }
        });
        Self {
            ask,
            looks,
            under_way: false,
            reader: reader.abort_handle(),
        }
    }

    pub(crate) const fn is_under_way(&self) -> bool {
        self.under_way
    }

    pub(crate) fn ask(&mut self, now: Timestamp, slices: &SliceTable) {
        if !self.under_way && self.ask.try_send((now, slices.clone())).is_ok() {
            self.under_way = true;
        }
    }

    /// The next look; pending for ever while none is asked for.
    pub(crate) async fn next(&mut self) -> Option<Tick> {
        if !self.under_way {
            return std::future::pending().await;
        }
        let tick = self.looks.recv().await;
        self.under_way = false;
        tick
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.reader.abort();
    }
}
