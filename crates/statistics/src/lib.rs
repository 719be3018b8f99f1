//! Always-valid inference for comparing two streams of counts: look as often as you like, stop whenever you like.
//!
//! The crate is pure: no I/O, no clock, no randomness. Transcendental functions come from `libm` and sums run in a
//! fixed order, so the same counts give the same bits on every platform. It knows nothing about deployments.
//!
//! # The currency: e-processes
//!
//! An e-process starts at 1 and, as long as its null hypothesis holds, its expectation never exceeds 1 however many looks
//! are taken. Ville's inequality turns that into the promise `P(E ever reaches 1/α) ≤ α`, whatever the look schedule or
//! stopping rule. Everything here reports the natural logarithm, `ln E`, so nothing overflows.
//!
//! One limit carries two tests ([`Margin`]), both on the *null line* `r1 = ratio · r0 + difference` (`r1` canary rate,
//! `r0` baseline rate):
//!
//! - [`Harm`] tests the null "the canary is at or inside the limit"; a large `ln E` is evidence of harm past it.
//! - [`Safety`] tests the null "the canary is at or past the limit"; a large `ln E` is evidence that it stays inside.
//!
//! Neither being large is a legitimate answer: undecided. Absence of harm evidence is never evidence of safety.
//!
//! # Two forms of one likelihood ratio
//!
//! With `x` any vector of counts and `q`, `r` the alternative and the null point, both forms have the shape
//! `Σ_j w_j Π_looks (p_{q_j}(x) / p_r(x))^{1/φ}`, a mixture over alternatives `j`.
//!
//! - **Ratio margins** (`difference == 0`) condition on the number of events of both sides and test how they split
//!   (Lindon and Malek, arXiv 2011.03567, with a one-sided grid and a share that may change at every look). The common
//!   event rate cancels, whatever its course over the day.
//! - **Absolute margins** (`difference > 0`) use the exact two-sample Bernoulli block factor (Turner, Ly and Grünwald,
//!   arXiv 2106.02693), the null projected on the line by Kullback-Leibler divergence. It works with an error-free
//!   baseline, where a ratio is blind.
//!
//! # Harm that begins late
//!
//! Half of the weight of [`Harm`] is on "harmful since the first look", half is spread over later [`Starts`]. The mass that
//! has not started yet counts as 1, so the whole is a martingale at the boundary of its null and the promise above holds
//! for the whole watch, not on average between alarms (compare Shin, Ramdas and Rinaldo, doi 10.51387/23-NEJSDS51).
//!
//! # Noise that counts do not show
//!
//! - *Over-dispersion* `φ` (retries, sessions, bursts): every likelihood ratio is tempered by `1/φ`, the quasi-Poisson
//!   correction. For any `φ ≥ 1` this keeps the guarantee (Jensen) and it is calibrated where `Var = φ · mean`.
//! - *Persistent differences between pods*: the null is widened by an allowance `a` in natural-log units, see
//!   [`pod_allowance`]. The widening keeps the test monotone: one more canary error never lowers harm nor raises safety.
//!
//! The allowance spends a share of α once instead of mixing over the pods' effects: simpler, the same for both forms, and
//! monotone, which a mixture over effects is not. It is less sharp where the effects are large.
//!
//! Where they are not known the caller must assume something; `φ = 1` and `a = 0` describe an ideal world that production
//! is not.
//!
//! # Latency
//!
//! [`Histogram`], [`shift`] and [`dominance_pairs`] turn "p99 may grow by 40 ms" into counts of requests above one bucket
//! edge on the canary and another on the baseline, which the ratio form then compares with the margin 1.

mod betting;
mod block;
mod codec;
mod design;
mod dominance;
mod evidence;
mod grid;
mod harm;
mod histogram;
mod line;
mod log_sum;
mod margin;
mod mixture;
mod normal;
mod range;
pub mod required;
mod safety;
mod sample;
mod share_mismatch;
mod single_stream;
mod split;

pub use codec::StateError;
pub use design::{Design, Starts};
pub use dominance::{LatencyLimit, Shift, ShiftError, dominance_pairs, shift};
pub use evidence::{Estimate, Evidence};
pub use harm::Harm;
pub use histogram::Histogram;
pub use margin::{Margin, MarginError};
pub use normal::{normal_quantile_upper, pod_allowance};
pub use range::Range;
pub use safety::Safety;
pub use sample::{Pair, Sample, Worse};
pub use share_mismatch::share_mismatch_ln_e;
pub use single_stream::SingleStream;
