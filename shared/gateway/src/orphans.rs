//! Work that must finish although nobody waits for it any more.
//!
//! A caller may leave at any moment, and what was admitted must still be settled. The remaining
//! work is then handed here. A server drains this before it exits; on Lambda nothing is ever handed
//! over, because there the answer's body is polled to its end.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use tokio::sync::Notify;

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

/// Work whose caller is still there.
struct Attended<'a, T: Send + 'static> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    orphans: &'a Orphans,
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

    /// Runs `work` here, for its result; whoever stops waiting leaves the rest of it to a task.
    ///
    /// Returns `None` when the work panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        work: Pin<Box<dyn Future<Output = T> + Send>>,
    ) -> Option<T> {
        Attended { work: Some(work), orphans: self }.await
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

// === impl Attended ===

impl<T: Send + 'static> Future for Attended<'_, T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let Some(mut work) = self.work.take() else { return Poll::Ready(None) };
        // Work that panics is dropped here, and is not looked at again.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Ready(result)) => Poll::Ready(Some(result)),
            Ok(Poll::Pending) => {
                self.work = Some(work);
                Poll::Pending
            }
            Err(_) => Poll::Ready(None),
        }
    }
}

impl<T: Send + 'static> Drop for Attended<'_, T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.orphans.adopt(async move {
                // The caller is gone: nobody wants the result.
                let _ = work.await;
            });
        }
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
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_goes_on_when_its_caller_leaves() {
        let orphans = Orphans::default();
        let (release, gate) = oneshot::channel::<()>();
        let (done, finished) = oneshot::channel();
        let work = async move {
            gate.await.unwrap();
            done.send(()).unwrap();
        };
        let mut waiting = Box::pin(orphans.run(Box::pin(work)));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        drop(waiting);
        release.send(()).unwrap();
        finished.await.unwrap();
        orphans.drained().await;
    }

    #[tokio::test]
    async fn work_that_is_attended_is_no_task() {
        let orphans = Orphans::default();
        let counted = orphans.clone();
        let work = Box::pin(async move { counted.inner.live.load(Ordering::Acquire) });
        assert_eq!(orphans.run(work).await, Some(0));
    }

    #[tokio::test]
    async fn a_panic_still_counts_as_done() {
        let orphans = Orphans::default();
        orphans.adopt(async { panic!("on purpose") });
        let result = orphans.run(Box::pin(async { panic!("on purpose") })).await;
        assert_eq!(result, None::<()>);
        orphans.drained().await;
    }
}
