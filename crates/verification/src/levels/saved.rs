//! A level criterion as bytes.

use super::Level;
use crate::checkpoint::{Reader, Saved, StateError, Writer};

impl Level {
    pub(crate) fn save(&self, to: &mut Writer) {
        self.window.save(to);
        self.baseline.save(to);
        self.before.save(to);
        self.last.save(to);
        self.late.save(to);
    }

    pub(crate) fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        self.window.restore(from)?;
        self.baseline.restore(from)?;
        self.before.restore(from)?;
        self.last = Saved::load(from)?;
        self.late = Saved::load(from)?;
        Ok(())
    }
}
