//! Tests that a plan carries: samples in, expected decision out.

use core::time::Duration;

/// One test of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanTest {
    /// Name.
    pub name: String,
    /// What both sides measure while the test's watch runs.
    pub samples: Vec<TestSamples>,
    /// What must come out.
    pub expect: TestExpectation,
    /// Line of the plan, from 1.
    pub plan_line: u32,
}

/// What one signal measures for a stretch of the test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestSamples {
    /// Index of the signal.
    pub signal: u16,
    /// First moment, from the start of the watch.
    pub from: Duration,
    /// Last moment; the end of the watch where it is `None`.
    pub until: Option<Duration>,
    /// What the canary measures at each look; `None` is no data.
    pub canary: Option<SideSamples>,
    /// What the baseline measures at each look; `None` is no data.
    pub baseline: Option<SideSamples>,
}

/// What one side measures at each look.
#[derive(Clone, Debug, PartialEq)]
pub enum SideSamples {
    /// Events and trials a minute; the player spreads them evenly over the looks.
    PerMinute {
        /// Events a minute.
        events: f64,
        /// Trials a minute.
        trials: f64,
    },
    /// Requests a minute by latency: upper edge and count.
    Latencies(Vec<(f64, f64)>),
    /// A level.
    Level(f64),
}

/// What a test expects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestExpectation {
    /// The decision's word: `confirm`, `roll-back`, `review`, `page`, `ticket`.
    pub decision: Option<String>,
    /// Names of the criteria that must be failing, if the test says so.
    pub failing: Option<Vec<String>>,
    /// Latest moment of the decision.
    pub within: Option<Duration>,
}
