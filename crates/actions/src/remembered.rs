//! What an attempt read before it wrote, for the undo that is printed afterwards.

use std::sync::{Mutex, PoisonError};

/// What was read before the latest order, by its idempotency key. A repetition keeps what the first attempt read: a second one reads the effect of the first.
#[derive(Debug)]
pub(crate) struct Remembered<T>(Mutex<Option<(String, T)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Remembered<T> {
    pub(crate) fn keep(&self, key: &str, value: T) {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.as_ref().is_none_or(|(known, _)| known != key) {
            *latest = Some((key.to_owned(), value));
        }
    }

    pub(crate) fn of(&self, key: &str) -> Option<T> {
        let latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        latest
            .as_ref()
            .filter(|(known, _)| known == key)
            .map(|(_, value)| value.clone())
    }
}
