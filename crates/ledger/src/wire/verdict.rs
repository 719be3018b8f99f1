//! Verdicts with all that explains them.

use super::{fields, forms};
use statistics::Range;
use verification::observation::{Gap, Side};
use verification::verdict::{
    Because, Family, Method, NoiseFrom, Numbers, RowId, ThresholdProblem, Verdict, VerdictKind,
};

fields!(RowId { criterion, slice });
forms!(VerdictKind { 0 Failing, 1 Undecided, 2 NoData, 3 NotComparable, 4 Within });
forms!(Side { 0 Canary, 1 Baseline });
forms!(Gap { 0 SourceFailed, 1 NoSeries, 2 PartNeverSeen, 3 Stale, 4 NotANumber, 5 FirstSample });
forms!(Because {
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
forms!(ThresholdProblem { 0 NoHistory, 1 BelowABucket(smallest), 2 BeyondLastBucket });
fields!(Range { lower, upper });
fields!(Numbers {
    level,
    difference,
    range,
    lately,
    exposure,
    events,
    gaps,
    looks,
    ln_harm,
    ln_harm_needed,
    ln_safety,
    ln_safety_needed,
    remaining,
});
forms!(Family { 0 Ratio, 1 Difference, 2 Dominance, 3 SingleStream, 4 Throughout });
forms!(NoiseFrom { 0 Assumed, 1 Declared });
fields!(Method {
    family,
    rule,
    measure,
    noise,
    noise_from,
    pod_allowance,
    weight,
    thresholds,
    plan_line,
});
fields!(Verdict {
    row,
    kind,
    since,
    because,
    numbers,
    method
});
