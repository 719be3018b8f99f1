//! Reads production and never writes it: a Prometheus server or the metrics pages of the pods themselves, and smoke tests.
//!
//! [`Reader`] turns a plan's selectors into what one look brought in: for each signal, slice and side the events and trials
//! (or durations, or a level) since the look before, or the reason why there is nothing. It decides nothing, keeps no clock
//! (`now` is passed in), and talks only to the addresses that it is given: no redirects, no proxies from the environment.
//!
//! # Counting
//!
//! Counters are read as raw samples, a series each, and increments are made here. Which increment a sample gives depends on
//! the samples alone, not on when anyone looked or whether the reader was made anew in between, so every sample counts
//! once:
//!
//! | sample | adds |
//! | --- | --- |
//! | with a predecessor at most 5 minutes older | the difference |
//! | the same, lower than it, or from a process that started after it | its whole value |
//! | first of a series whose target was seen without it in the 5 minutes before | its whole value |
//! | first of a series whose process is at most 5 minutes old (`process_start_time_seconds`) | its whole value |
//! | any other first sample, and one after a longer silence | nothing: a lifetime is never one interval |
//! | not a number, infinite or negative | nothing; the next one adds what it covers |
//!
//! Events and trials of a pod count together: an increment of one waits, up to 5 minutes, for the next sample of the other.
//! Where the events counter is absent, trials count only if absence is known to mean zero: the selector matched on another
//! pod or in the last week, or it is a bare metric that the source declares, or it picks statuses from a label that holds
//! HTTP statuses. And not where the counter stands at zero elsewhere: a program that writes zeros lacks the counter where
//! it is absent. Otherwise the pod is left out, and a side that is left with nothing says
//! [`PartNeverSeen`](verification::observation::Gap::PartNeverSeen).
//!
//! A count without `per` has pod time as its exposure: one trial is one pod for one millisecond.
//!
//! # Trouble
//!
//! A look never fails. What goes wrong is one line in [`Tick::problems`](verification::observation::Tick::problems) and a gap in
//! the readings; the next look reads the whole gap, in pieces of ten minutes and at most six hours of it. While one side's
//! query fails, both sides wait for a minute: one side alone would be compared with another stretch of time.
//!
//! # Limits
//!
//! - Series that are scraped less often than every five minutes give no increments.
//! - Samples that arrive later than the plan's lateness allowance are carried by the next sample of their series, but lost
//!   if the reader is made anew in between, and with them a series' birth.
//! - What is waiting, for its counterpart or for a failing query of its own, is lost when the reader is made anew; both
//!   sides lose it alike.
//! - Metrics pages have no memory: the first scrape after a restart is a new start, and so is a page's first of all.
//! - Native histograms come from the Prometheus API only; metrics pages are read as text.

mod catch_up;
mod certificate;
mod check;
mod classic;
mod clock_skew;
mod concurrently;
mod consume;
mod exposition;
mod fetch;
mod find_sides;
mod http;
mod increments;
mod labels;
mod levels;
mod levels_before;
mod matching;
mod native;
mod offer;
mod pages;
mod plain_selector;
mod probe;
mod problems;
mod prometheus;
mod reader;
mod readings;
mod release;
mod scrape;
mod secret;
mod series_store;
mod setup;
mod sides;
mod sightings;
mod signals;
mod silence;
mod source;
mod tally;
mod trouble;

pub use check::SelectorCheck;
pub use clock_skew::ClockSkew;
pub use http::AccessError;
pub use offer::{Offer, OfferError, OfferedMetric, offer};
pub use prometheus::Kind;
pub use reader::Reader;
pub use secret::Secret;
pub use setup::SetupError;
pub use source::{Access, PROBE, PrometheusConfig, ScrapeConfig, SourceConfig, Target};
pub use trouble::Trouble;
