//! An absolute criterion as bytes.

use super::Absolute;
use crate::checkpoint::{Reader, Saved, StateError, Writer, load_process, save_process};
use statistics::{SingleStream, Starts};

impl Absolute {
    pub(crate) fn save(&self, to: &mut Writer) {
        save_process(to, |bytes| self.stream.save(bytes));
        if let Some(careful) = &self.careful {
            save_process(to, |bytes| careful.save(bytes));
        }
        self.fresh.is_some().save(to);
        if let Some(fresh) = &self.fresh {
            save_process(to, |bytes| fresh.save(bytes));
        }
        self.window.save(to);
        self.baseline.save(to);
        self.history.save(to);
        self.total.save(to);
    }

    pub(crate) fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        let (rate, worse, dispersion) = (self.rate, self.worse, self.noise.dispersion);
        let stream = |from: &mut Reader<'_>, starts: Starts| {
            load_process(from, |bytes| {
                SingleStream::load(rate, worse, dispersion, starts, bytes)
            })
        };
        self.stream = stream(from, self.starts)?;
        if let Some(careful) = &mut self.careful {
            *careful = stream(from, self.starts)?;
        }
        self.fresh = bool::load(from)?
            .then(|| stream(from, Starts::NONE))
            .transpose()?;
        self.window.restore(from)?;
        self.baseline.restore(from)?;
        self.history = Saved::load(from)?;
        self.total = Saved::load(from)?;
        self.stand();
        Ok(())
    }
}
