//! The proof that a rollback helped.

use crate::time::Timestamp;
use crate::verdict::RowId;
use crate::window::Window;
use core::ops::AddAssign;
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
    /// Logarithm of the evidence. Levels have none: what is needed where every reading of `sustained-for` keeps the limit, else 0.
    pub ln_evidence: f64,
    /// What it must reach.
    pub ln_needed: f64,
}

/// How far back the baseline's level before an action is taken from.
pub(crate) const HOUR_BEFORE: Duration = Duration::from_secs(3600);
/// Largest share of the traffic that the canary may still have once it is out.
const CANARY_OUT: f64 = 0.01;
/// Looks over which that share is taken: requests under way when the action was done must not count against it for long.
const SHARE_LOOKS: u32 = 5;

/// The proof under way: a fresh safety process from the action's outcome over the whole service's traffic (DESIGN.md 6, rule 7).
#[derive(Clone, Debug)]
pub(crate) struct Recovery {
    pub(crate) since: Timestamp,
    pub(crate) deadline: Timestamp,
    pub(crate) proofs: Vec<Proof>,
    /// How requests are shared now; `None` where no signal of the plan counts requests, so that nothing can show the canary's share.
    pub(crate) traffic: Option<Window<Shared>>,
}

/// One row of the proof under way.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) terms: RecoveryLimit,
    pub(crate) kind: ProofKind,
}

#[derive(Clone, Debug)]
pub(crate) enum ProofKind {
    /// Evidence from counts.
    Evidence {
        stream: Box<SingleStream>,
        total: Sample,
    },
    /// Every reading of `sustained-for`.
    Throughout { readings: Window<Kept>, last: f64 },
}

/// Readings that keep the limit, of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) kept: u32,
    pub(crate) all: u32,
}

impl AddAssign for Kept {
    fn add_assign(&mut self, other: Self) {
        self.kept = self.kept.saturating_add(other.kept);
        self.all = self.all.saturating_add(other.all);
    }
}

/// Requests of the canary, of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shared {
    pub(crate) canary: u64,
    pub(crate) service: u64,
}

impl AddAssign for Shared {
    fn add_assign(&mut self, other: Self) {
        self.canary = self.canary.saturating_add(other.canary);
        self.service = self.service.saturating_add(other.service);
    }
}

/// What one look says about one row after the action.
#[derive(Clone, Copy, Debug)]
pub(crate) enum After {
    /// The service's counts.
    Counts(Sample),
    /// The service's level.
    Level(f64),
}

/// One row that must recover.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RecoveryLimit {
    pub(crate) row: RowId,
    pub(crate) before: f64,
    pub(crate) limit: f64,
    pub(crate) worse: Worse,
    pub(crate) dispersion: f64,
    /// For a level, how long it must keep the limit; `None` where evidence is asked for.
    pub(crate) throughout: Option<Duration>,
}

impl RecoveryLimit {
    /// The process that proves it, before its first look.
    pub(crate) fn stream(&self) -> SingleStream {
        SingleStream::new(self.limit, self.worse, self.dispersion, Starts::NONE)
    }

    pub(crate) fn readings(span: Duration) -> Window<Kept> {
        Window::new(span, crate::comparison::SUSTAINED_CELLS)
    }

    fn keeps(&self, level: f64) -> bool {
        match self.worse {
            Worse::Higher => level <= self.limit,
            Worse::Lower => level >= self.limit,
        }
    }
}

impl Recovery {
    /// `limits` are the rows that must recover with the baseline's level in the hour before and the limit on it; `share_by` is the time between looks, where a signal
    /// shows how requests are shared.
    pub(crate) fn begin(
        since: Timestamp,
        deadline: Timestamp,
        share_by: Option<Duration>,
        limits: &[RecoveryLimit],
    ) -> Self {
        let proofs = limits
            .iter()
            .map(|terms| Proof {
                terms: *terms,
                kind: match terms.throughout {
                    None => ProofKind::Evidence {
                        stream: Box::new(terms.stream()),
                        total: Sample::default(),
                    },
                    Some(span) => ProofKind::Throughout {
                        readings: RecoveryLimit::readings(span),
                        last: f64::NAN,
                    },
                },
            })
            .collect();
        Self {
            since,
            deadline,
            proofs,
            traffic: share_by.map(|every| Self::traffic_over(every * SHARE_LOOKS)),
        }
    }

    pub(crate) fn traffic_over(span: Duration) -> Window<Shared> {
        Window::new(span, SHARE_LOOKS)
    }

    /// The rows that need samples.
    pub(crate) fn rows(&self) -> impl Iterator<Item = RowId> + '_ {
        self.proofs.iter().map(|proof| proof.terms.row)
    }

    /// Whether an interval lies wholly after the action.
    pub(crate) fn counts(&self, from: Timestamp) -> bool {
        from >= self.since
    }

    pub(crate) fn feed(
        &mut self,
        row: RowId,
        (from, through): (Timestamp, Timestamp),
        after: After,
    ) {
        for proof in &mut self.proofs {
            if proof.terms.row != row {
                continue;
            }
            match (&mut proof.kind, after) {
                (ProofKind::Evidence { stream, total }, After::Counts(sample)) => {
                    stream.update(&sample);
                    *total += sample;
                }
                (ProofKind::Throughout { readings, last }, After::Level(level)) => {
                    *last = level;
                    let kept = u32::from(proof.terms.keeps(level));
                    readings.push(from, through, Kept { kept, all: 1 });
                }
                _ => {}
            }
        }
    }

    pub(crate) fn feed_share(&mut self, (from, through): (Timestamp, Timestamp), shared: Shared) {
        if let Some(traffic) = &mut self.traffic {
            traffic.push(from, through, shared);
        }
    }

    pub(crate) fn canary_share(&self) -> Option<f64> {
        let shared = self.traffic.as_ref()?.sum()?;
        (shared.service > 0).then(|| shared.canary as f64 / shared.service as f64)
    }

    /// Proven only with traffic seen, the canary out, and every row back; without a row nothing is.
    pub(crate) fn is_proven(&self, ln_needed: f64) -> bool {
        !self.proofs.is_empty()
            && (self.traffic.is_none()
                || self.canary_share().is_some_and(|share| share < CANARY_OUT))
            && self
                .proofs
                .iter()
                .all(|proof| proof.ln_evidence(ln_needed) >= ln_needed)
    }

    pub(crate) fn report(&self, recovered: bool, at: Timestamp, ln_needed: f64) -> RecoveryReport {
        let rows = self
            .proofs
            .iter()
            .map(|proof| RecoveryRow {
                row: proof.terms.row,
                before: proof.terms.before,
                limit: proof.terms.limit,
                after: proof.after(),
                ln_evidence: proof.ln_evidence(ln_needed),
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

impl Proof {
    fn ln_evidence(&self, ln_needed: f64) -> f64 {
        match &self.kind {
            ProofKind::Evidence { stream, .. } => stream.ln_safety(),
            ProofKind::Throughout { readings, .. } => {
                let whole = readings
                    .cells
                    .back()
                    .is_some_and(|last| readings.covers(last.through));
                let kept = readings.sum().is_some_and(|sum| sum.kept == sum.all);
                if whole && kept { ln_needed } else { 0.0 }
            }
        }
    }

    fn after(&self) -> Option<f64> {
        match &self.kind {
            ProofKind::Evidence { total, .. } => total.rate(),
            ProofKind::Throughout { last, .. } => (!last.is_nan()).then_some(*last),
        }
    }
}
