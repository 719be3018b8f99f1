//! Ids of slices: given in the order of appearance, the same in every replay.

use crate::observation::Tick;

/// Slices of every signal by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SliceTable {
    pub(crate) by_signal: Vec<Vec<String>>,
}

impl SliceTable {
    /// Most slices a signal may have; the rest is pooled under [`Self::OTHERS`].
    pub const MOST: usize = 200;
    /// Name of the pool.
    pub const OTHERS: &'static str = "(others)";

    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            by_signal: Vec::new(),
        }
    }

    /// Id of a slice that has been seen.
    #[must_use]
    pub fn id(&self, signal: u16, name: &str) -> Option<u16> {
        let at = self.names(signal).iter().position(|known| known == name)?;
        u16::try_from(at).ok()
    }

    /// Names of a signal's slices in the order of their ids.
    #[must_use]
    pub fn names(&self, signal: u16) -> &[String] {
        self.by_signal
            .get(usize::from(signal))
            .map_or(&[], Vec::as_slice)
    }

    /// Name of one slice.
    #[must_use]
    pub fn name(&self, signal: u16, id: u16) -> Option<&str> {
        self.names(signal).get(usize::from(id)).map(String::as_str)
    }

    /// Gives ids to the slices that a tick brings; names already known keep theirs.
    pub fn admit(&mut self, tick: &Tick) {
        for slice in &tick.new_slices {
            let at = usize::from(slice.signal);
            if self.by_signal.len() <= at {
                self.by_signal.resize_with(at + 1, Vec::new);
            }
            if !self.by_signal[at].contains(&slice.name) {
                self.by_signal[at].push(slice.name.clone());
            }
        }
    }
}
