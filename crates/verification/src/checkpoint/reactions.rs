//! Decisions, orders, acts and times as bytes.

use super::{Reader, Saved, StateError, Writer, saved};
use crate::decision::{By, Decision, Instead, Verb};
use crate::event::{HumanAct, HumanActKind, State};
use crate::intent::{Intent, IntentId, Outcome, OutcomeKind};
use crate::observation::{Gap, Side, Sides, SourceProblem};
use crate::recovery::{RecoveryReport, RecoveryRow};
use crate::summary::{Milestone, MilestoneKind, Phases, Silent};
use crate::terms::Reaction;
use crate::verdict::{Because, RowId, ThresholdProblem, VerdictKind};
use crate::watch::Silence;

saved!(Decision {
    verb,
    at,
    rows,
    authority,
    effective_at,
    instead
});
saved!(choice Verb { 0 RollBack, 1 Page, 2 Ticket, 3 Review, 4 Hold, 5 Release, 6 Confirm });
saved!(choice By { 0 Criteria, 1 Silence, 2 End, 3 Recovery, 4 Human { name, reason } });
saved!(choice Instead { 0 BaselineToo, 1 HumanDecides, 2 Held, 3 NoAction });
saved!(choice Reaction { 0 RollBack, 1 Page, 2 Ticket, 3 Review });
saved!(Intent {
    id,
    generation,
    reaction,
    run,
    target,
    settings,
    at,
    deadline
});
saved!(Outcome {
    intent,
    result,
    at,
    took,
    detail
});
saved!(choice OutcomeKind { 0 Done, 1 Failed, 2 Unknown });
saved!(HumanAct { kind, name, reason });
saved!(choice HumanActKind { 0 Hold, 1 Release, 2 RollBack, 3 Confirm });
saved!(choice State { 0 Watching, 1 CannotSee, 2 Held, 3 RollingBack, 4 RolledBack, 5 NeedsReview, 6 Confirmed });
saved!(RecoveryReport {
    recovered,
    at,
    rows,
    canary_share
});
saved!(RecoveryRow {
    row,
    before,
    limit,
    after,
    ln_evidence,
    ln_needed
});
saved!(Milestone { at, what });
saved!(choice MilestoneKind {
    0 Sealed,
    1 Started,
    2 CanarySeen,
    3 WarmedUp,
    4 Failing,
    5 CannotSee,
    6 RollBackDecided,
    7 RolledBack,
    8 Recovered,
    9 NotRecovered,
    10 Held,
    11 Released,
    12 Confirmed,
    13 ReviewAsked,
});
saved!(Phases {
    detect,
    decide,
    execute,
    verify
});
saved!(Silent { since, problem });
saved!(SourceProblem {
    source,
    message,
    refused
});
saved!(Silence {
    blind,
    steps,
    clear_since
});
saved!(choice VerdictKind { 0 Failing, 1 Undecided, 2 NoData, 3 NotComparable, 4 Within });
saved!(choice Because {
    0 PastLimit,
    1 Collapse,
    2 PastLimitThroughout,
    3 KeepsLimit,
    4 NotEnoughEvidence,
    5 NotSustained,
    6 NotSeenLately,
    7 WarmingUp,
    8 Missing { side, gap, since },
    9 NothingYet,
    10 NoThreshold(problem),
    11 YoungPods(side),
    12 MixDiffers(variation),
    13 ShareDiffers(share),
});
saved!(choice ThresholdProblem { 0 NoHistory, 1 BelowABucket(smallest), 2 BeyondLastBucket });
saved!(choice Side { 0 Canary, 1 Baseline });
saved!(choice Gap { 0 SourceFailed, 1 NoSeries, 2 PartNeverSeen, 3 Stale, 4 NotANumber, 5 FirstSample });

impl Saved for IntentId {
    fn save(&self, to: &mut Writer) {
        self.0.save(to);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        u32::load(from).map(Self)
    }
}

impl Saved for RowId {
    fn save(&self, to: &mut Writer) {
        self.criterion.save(to);
        self.slice.save(to);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let criterion = u16::load(from)?;
        if usize::from(criterion) >= from.criteria {
            return Err(StateError::Impossible { what: "criterion" });
        }
        Ok(Self {
            criterion,
            slice: Option::load(from)?,
        })
    }
}

impl<T: Saved> Saved for Sides<T> {
    fn save(&self, to: &mut Writer) {
        self.canary.save(to);
        self.baseline.save(to);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        Ok(Self {
            canary: T::load(from)?,
            baseline: T::load(from)?,
        })
    }
}
