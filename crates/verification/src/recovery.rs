//! The proof that a rollback helped.

use crate::time::Timestamp;
use crate::verdict::RowId;
use core::time::Duration;
use statistics::{Sample, SingleStream, Starts, Worse};

/// How the recovery ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RecoveryReport {
    /// Whether it was proven.
    pub recovered: bool,
    /// When.
    pub at: Timestamp,
    /// The rows that had to recover, with the rate before the deploy, the limit put on it, and the rate seen after the action.
    pub rows: Vec<RecoveryRow>,
    /// The canary's share of traffic after the action.
    pub canary_share: Option<f64>,
}

/// One row of the proof.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecoveryRow {
    /// Which row.
    pub row: RowId,
    /// Level of the baseline in the hour before.
    pub before: f64,
    /// Level that the whole service must keep below (or above).
    pub limit: f64,
    /// Level of the whole service since the action.
    pub after: Option<f64>,
    /// Logarithm of the evidence.
    pub ln_evidence: f64,
    /// What it must reach.
    pub ln_needed: f64,
}

/// How far back the baseline's level before an action is taken from.
pub(crate) const HOUR_BEFORE: Duration = Duration::from_secs(3600);
/// Largest share of the traffic that the canary may still have once it is out.
const CANARY_OUT: f64 = 0.01;

/// The proof under way: a fresh safety process from the action's outcome over the whole service's traffic (DESIGN.md 6, rule 7).
#[derive(Clone, Debug)]
pub(crate) struct Recovery {
    since: Timestamp,
    pub(crate) deadline: Timestamp,
    proofs: Vec<Proof>,
    canary: u64,
    service: u64,
}

#[derive(Clone, Debug)]
struct Proof {
    row: RowId,
    before: f64,
    limit: f64,
    stream: SingleStream,
    total: Sample,
}

impl Recovery {
    /// `limits` are the rows that must recover with the baseline's level in the hour before and the limit on it.
    pub(crate) fn begin(since: Timestamp, deadline: Timestamp, limits: &[RecoveryLimit]) -> Self {
        let proofs = limits
            .iter()
            .map(|limit| Proof {
                row: limit.row,
                before: limit.before,
                limit: limit.limit,
                stream: SingleStream::new(limit.limit, limit.worse, limit.dispersion, Starts::NONE),
                total: Sample::default(),
            })
            .collect();
        Self {
            since,
            deadline,
            proofs,
            canary: 0,
            service: 0,
        }
    }

    /// The rows that need samples.
    pub(crate) fn rows(&self) -> impl Iterator<Item = RowId> + '_ {
        self.proofs.iter().map(|proof| proof.row)
    }

    /// Whether an interval lies wholly after the action.
    pub(crate) fn counts(&self, from: Timestamp) -> bool {
        from >= self.since
    }

    pub(crate) fn feed(&mut self, row: RowId, service: Sample) {
        for proof in self.proofs.iter_mut().filter(|proof| proof.row == row) {
            proof.stream.update(&service);
            proof.total += service;
        }
    }

    pub(crate) fn feed_share(&mut self, canary: u64, service: u64) {
        self.canary = self.canary.saturating_add(canary);
        self.service = self.service.saturating_add(service);
    }

    pub(crate) fn canary_share(&self) -> Option<f64> {
        (self.service > 0).then(|| self.canary as f64 / self.service as f64)
    }

    /// Proven only with traffic seen, the canary out, and evidence for every row.
    pub(crate) fn is_proven(&self, ln_needed: f64) -> bool {
        self.canary_share().is_some_and(|share| share < CANARY_OUT)
            && self
                .proofs
                .iter()
                .all(|proof| proof.stream.ln_safety() >= ln_needed)
    }

    pub(crate) fn report(&self, recovered: bool, at: Timestamp, ln_needed: f64) -> RecoveryReport {
        let rows = self
            .proofs
            .iter()
            .map(|proof| RecoveryRow {
                row: proof.row,
                before: proof.before,
                limit: proof.limit,
                after: proof.total.rate(),
                ln_evidence: proof.stream.ln_safety(),
                ln_needed,
            })
            .collect();
        RecoveryReport {
            recovered,
            at,
            rows,
            canary_share: self.canary_share(),
        }
    }
}

/// One row that must recover.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecoveryLimit {
    pub(crate) row: RowId,
    pub(crate) before: f64,
    pub(crate) limit: f64,
    pub(crate) worse: Worse,
    pub(crate) dispersion: f64,
}
