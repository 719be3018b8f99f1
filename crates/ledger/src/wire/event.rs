//! What comes out of a watch, and the inputs that are not ticks.

use super::{fields, forms};
use verification::event::{Event, HumanAct, HumanActKind, Input, Refusal, State, StateChange};

forms!(HumanActKind { 0 Hold, 1 Release, 2 RollBack, 3 Confirm });
fields!(HumanAct { kind, name, reason });
forms!(Input { 0 Tick(tick), 1 Human(act), 2 Outcome(outcome), 3 Clock });
forms!(State {
    0 Watching,
    1 CannotSee,
    2 Held,
    3 RollingBack,
    4 RolledBack,
    5 NeedsReview,
    6 Confirmed,
});
fields!(StateChange { state, at, ended });
forms!(Refusal { 0 Ended, 1 AlreadyRollingBack, 2 NotHeld, 3 NoAction });
forms!(Event {
    0 Verdict(verdict),
    1 Decision(decision),
    2 Intent(intent),
    3 State(change),
    4 Recovery(report),
    5 Refused(refusal),
});
