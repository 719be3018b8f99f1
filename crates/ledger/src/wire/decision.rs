//! Decisions, intents, what came of them, and the proof of recovery.

use super::{Wire, fields, forms};
use crate::bits::{BitReader, BitWriter, DecodeError};
use verification::decision::{By, Decision, Instead, Verb};
use verification::intent::{Intent, IntentId, Outcome, OutcomeKind};
use verification::recovery::{RecoveryReport, RecoveryRow};

forms!(Verb { 0 RollBack, 1 Page, 2 Ticket, 3 Review, 4 Hold, 5 Release, 6 Confirm });
forms!(By { 0 Criteria, 1 Silence, 2 End, 3 Recovery, 4 Human { name, reason } });
forms!(Instead { 0 BaselineToo, 1 HumanDecides, 2 Held, 3 NoAction });
fields!(Decision {
    verb,
    at,
    rows,
    authority,
    effective_at,
    instead
});

impl Wire for IntentId {
    fn put(&self, out: &mut BitWriter) {
        self.0.put(out);
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        u32::take(from).map(Self)
    }
}

fields!(Intent {
    id,
    generation,
    reaction,
    run,
    target,
    settings,
    at,
    deadline
});
forms!(OutcomeKind { 0 Done, 1 Failed, 2 Unknown });
fields!(Outcome {
    intent,
    result,
    at,
    took,
    detail
});

fields!(RecoveryReport {
    recovered,
    at,
    rows,
    canary_share
});
fields!(RecoveryRow {
    row,
    before,
    limit,
    after,
    ln_evidence,
    ln_needed
});
