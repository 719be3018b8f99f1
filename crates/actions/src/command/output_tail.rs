//! The end of a command's output.

use crate::one_line::one_line;
use crate::secret::{Secret, conceal};
use std::collections::VecDeque;

/// Bytes of output that a detail keeps: the last words of a failing command say why.
pub(crate) const KEPT: usize = 4 * 1024;

/// Keeps the end of what a command writes. Memory: [`KEPT`] and the longest secret, whatever is written.
#[derive(Debug)]
pub(crate) struct OutputTail {
    bytes: VecDeque<u8>,
    room: usize,
}

impl OutputTail {
    /// Leaves room for a secret that straddles the cut, so that no end of one remains unrecognised.
    pub(crate) fn new<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Self {
        let longest = secrets
            .map(|secret| secret.expose().len())
            .max()
            .unwrap_or(0);
        Self {
            bytes: VecDeque::new(),
            room: KEPT + longest,
        }
    }

    pub(crate) fn push(&mut self, written: &[u8]) {
        self.bytes.extend(written);
        let over = self.bytes.len().saturating_sub(self.room);
        self.bytes.drain(..over);
    }

    /// The end on one line, without secrets, at most [`KEPT`] bytes.
    pub(crate) fn text<'a>(&self, secrets: impl Iterator<Item = &'a Secret>) -> String {
        let (front, back) = self.bytes.as_slices();
        let text = String::from_utf8_lossy(&[front, back].concat()).into_owned();
        let concealed = conceal(&text, secrets);
        // From the cut on: what stands before it may be the rest of a secret.
        let cut = if self.bytes.len() == self.room {
            concealed.len().saturating_sub(KEPT)
        } else {
            0
        };
        let start = (cut..=concealed.len())
            .find(|start| concealed.is_char_boundary(*start))
            .unwrap_or(concealed.len());
        one_line(&concealed[start..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_part_of_a_secret_remains_and_memory_is_bounded(before in 0usize..3 * KEPT, after in 0usize..2 * KEPT, step in 1usize..700) {
            let secret = Secret::new("S3CR3T-value");
            let written = format!("{}{}{}", ".".repeat(before), secret.expose(), ".".repeat(after));
            let mut tail = OutputTail::new([&secret].into_iter());
            for part in written.as_bytes().chunks(step) {
                tail.push(part);
                prop_assert!(tail.bytes.len() <= KEPT + secret.expose().len());
            }
            let text = tail.text([&secret].into_iter());
            prop_assert!(text.len() <= KEPT + secret.expose().len());
            prop_assert!(text.chars().all(|character| ".…".contains(character)), "{}", text);
        }
    }
}
