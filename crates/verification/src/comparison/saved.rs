//! A comparison as bytes. Designs follow from the plan and the pods.

use super::Comparison;
use super::threshold::{Place, Threshold};
use crate::checkpoint::{Reader, Saved, StateError, Writer, load_process, save_process, saved};
use statistics::{Evidence, Harm, Safety, Shift};

saved!(Shift {
    threshold,
    harm_edge,
    safety_edge
});

impl Comparison {
    pub(crate) fn save(&self, to: &mut Writer) {
        self.pods.save(to);
        save_process(to, |bytes| self.harm.save(bytes));
        if let Some((_, process)) = &self.catastrophic {
            save_process(to, |bytes| process.save(bytes));
        }
        save_process(to, |bytes| self.safety.save(bytes));
        self.fresh.is_some().save(to);
        if let Some(fresh) = &self.fresh {
            save_process(to, |bytes| fresh.save(bytes));
        }
        self.window.save(to);
        self.before.save(to);
        match &self.threshold {
            Some(threshold) => threshold.save(to),
            None => save_process(to, |bytes| self.evidence.save(bytes)),
        }
        self.total.save(to);
        self.unjudged.save(to);
    }

    pub(crate) fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        if let Some(pods) = Option::load(from)? {
            self.allow_for(pods);
        }
        self.harm = load_process(from, |bytes| Harm::load(&self.design, bytes))?;
        if let Some((design, process)) = &mut self.catastrophic {
            *process = load_process(from, |bytes| Harm::load(design, bytes))?;
        }
        self.safety = load_process(from, |bytes| Safety::load(&self.safety_design, bytes))?;
        self.fresh = bool::load(from)?
            .then(|| load_process(from, |bytes| Safety::load(&self.safety_design, bytes)))
            .transpose()?;
        self.window.restore(from)?;
        self.before.restore(from)?;
        match &mut self.threshold {
            Some(threshold) => threshold.restore(from)?,
            None => self.evidence = load_process(from, Evidence::load)?,
        }
        self.total = Saved::load(from)?;
        self.unjudged = Saved::load(from)?;
        self.stand();
        Ok(())
    }
}

impl Threshold {
    fn save(&self, to: &mut Writer) {
        match &self.place {
            Place::Learning(history) => {
                to.byte(0);
                history.save(to);
            }
            Place::Placed(shift) => {
                to.byte(1);
                shift.save(to);
            }
            Place::Impossible(problem, history) => {
                to.byte(2);
                problem.save(to);
                history.save(to);
            }
        }
    }

    fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        self.place = match from.byte()? {
            0 => Place::Learning(Saved::load(from)?),
            1 => Place::Placed(Saved::load(from)?),
            2 => Place::Impossible(Saved::load(from)?, Saved::load(from)?),
            _ => return Err(StateError::Impossible { what: "threshold" }),
        };
        Ok(())
    }
}
