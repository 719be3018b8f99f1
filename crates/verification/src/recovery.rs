//! The proof that a rollback helped.

use crate::time::Timestamp;
use crate::verdict::RowId;

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
