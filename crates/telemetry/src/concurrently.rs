//! Many requests, a few at a time.

use std::future::Future;

use tokio::task::JoinSet;

/// Runs tasks, at most `at_once` under way, and returns their results in the order of the tasks. Dropping the future ends
/// the tasks. `None` stands for a task that ended without a result.
pub(crate) async fn concurrently<T, F>(at_once: usize, tasks: Vec<F>) -> Vec<Option<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut results: Vec<Option<T>> = Vec::new();
    results.resize_with(tasks.len(), || None);
    let mut waiting = tasks.into_iter().enumerate();
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() < at_once.max(1)
            && let Some((at, task)) = waiting.next()
        {
            under_way.spawn(async move { (at, task.await) });
        }
        match under_way.join_next().await {
            Some(Ok((at, result))) => results[at] = Some(result),
            Some(Err(_)) => {}
            None => return results,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn keeps_the_order_and_the_bound() {
        let under_way = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..20)
            .map(|number| {
                let (under_way, most) = (Arc::clone(&under_way), Arc::clone(&most));
                async move {
                    most.fetch_max(
                        under_way.fetch_add(1, Ordering::SeqCst) + 1,
                        Ordering::SeqCst,
                    );
                    tokio::task::yield_now().await;
                    under_way.fetch_sub(1, Ordering::SeqCst);
                    number
                }
            })
            .collect();
        let results: Vec<usize> = concurrently(3, tasks).await.into_iter().flatten().collect();
        assert_eq!(results, (0..20).collect::<Vec<_>>());
        assert!(most.load(Ordering::SeqCst) <= 3);
    }
}
