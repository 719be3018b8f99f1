//! Terms of the plan that verdicts and intents repeat.

use super::{fields, forms};
use verification::terms::{Limit, Measure, Noise, Reaction, Rule, Worse};

forms!(Reaction { 0 RollBack, 1 Page, 2 Ticket, 3 Review });
forms!(Worse { 0 Higher, 1 Lower });
forms!(Limit { 0 Points(value), 1 Relative(value), 2 Amount(value) });
forms!(Rule { 0 AgainstBaseline { worse, limit }, 1 NeverAbove(value), 2 NeverBelow(value) });
forms!(Measure { 0 Rate, 1 Quantile(q), 2 Level });
fields!(Noise { dispersion, pod_sd });
