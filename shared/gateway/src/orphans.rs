//! Work that must finish although nobody waits for it any more.
//!
//! A caller may leave at any moment, and what was admitted must still be settled. The remaining
//! work is then handed here. A server drains this before it exits; on Lambda nothing is ever handed
//! over, because there the answer's body is polled to its end.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{Notify, oneshot};

/// The tasks that outlive their callers.
#[derive(Debug, Clone, Default)]
pub struct Orphans {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    live: AtomicUsize,
    idle: Notify,
}

/// Counts a task for as long as it lives, also when it panics.
struct Lodging(Arc<Inner>);

// === impl Orphans ===

impl Orphans {
    /// Runs `work` to its end, whatever becomes of the caller.
    pub fn adopt(&self, work: impl Future<Output = ()> + Send + 'static) {
        let lodging = self.lodge();
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that detaches, counted"
        )]
        tokio::spawn(async move {
            work.await;
            drop(lodging);
        });
    }

    /// Runs `work` and waits for its result; if the waiting stops, the work goes on.
    ///
    /// Returns `None` when the work panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (sender, receiver) = oneshot::channel();
        self.adopt(async move {
            // The caller may be gone: then nobody wants the result.
            let _ = sender.send(work.await);
        });
        receiver.await.ok()
    }

    /// Waits until no task is left.
    pub async fn drained(&self) {
        loop {
            let idle = self.inner.idle.notified();
            if self.inner.live.load(Ordering::Acquire) == 0 {
                return;
            }
            idle.await;
        }
    }

    fn lodge(&self) -> Lodging {
        self.inner.live.fetch_add(1, Ordering::AcqRel);
        Lodging(Arc::clone(&self.inner))
    }
}

// === impl Lodging ===

impl Drop for Lodging {
    fn drop(&mut self) {
        if self.0.live.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_goes_on_when_its_caller_leaves() {
        let orphans = Orphans::default();
        let (release, gate) = oneshot::channel::<()>();
        let (done, finished) = oneshot::channel();
        let mut waiting = Box::pin(orphans.run(async move {
            gate.await.unwrap();
            done.send(()).unwrap();
        }));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        drop(waiting);
        release.send(()).unwrap();
        finished.await.unwrap();
        orphans.drained().await;
    }

    #[tokio::test]
    async fn a_panic_still_counts_as_done() {
        let orphans = Orphans::default();
        let result = orphans.run(async { panic!("on purpose") }).await;
        assert_eq!(result, None::<()>);
        orphans.drained().await;
    }
}
