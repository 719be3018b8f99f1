//! How the sides are told apart and how noisy they are taken to be.

use super::Matcher;

/// The comparison's terms.
#[derive(Clone, Debug, PartialEq)]
pub struct Compare {
    /// How a series finds its side.
    pub sides: SideRule,
    /// Label that names the pod of a series; empty for the usual order `pod`, `instance`.
    pub pod_label: String,
    /// Share of watches that may raise a false alarm, all criteria together: the budget alpha, in (0, 0.5).
    pub false_alarms: f64,
    /// Share of watches that may confirm a canary exactly at a limit: beta, in (0, 0.5).
    pub false_confirms: f64,
    /// Noise declared by the plan; without it the noise is assumed.
    pub noise: Option<Noise>,
    /// Share of the service's traffic that the canary should get, in (0, 1), where the plan says so.
    pub canary_share: Option<f64>,
}

/// How a series finds its side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SideRule {
    /// By label matchers, added to every selector.
    Matchers {
        /// Matchers of the canary.
        canary: Vec<Matcher>,
        /// Matchers of the baseline.
        baseline: Vec<Matcher>,
    },
    /// By the value of one label; everything that is not canary is baseline.
    ByLabel {
        /// The label.
        label: String,
        /// Which value is the canary.
        canary: CanaryChoice,
        /// Where the label lives, when the series do not carry it.
        join: Option<Join>,
    },
}

/// Which value of the label is the canary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CanaryChoice {
    /// The value that appeared last.
    Newest,
    /// This value.
    Value(String),
}

/// An info series that carries the label, as `target_info` or `kube_pod_labels`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// Metric whose series carry the label.
    pub metric: String,
    /// Labels shared with the series to be sorted.
    pub on: Vec<String>,
}

/// How noisy a service is beyond chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Variance of counts over its value under independence: phi, at least 1.
    pub dispersion: f64,
    /// Standard deviation of the logarithm of a pod's rate: tau, at least 0.
    pub pod_sd: f64,
}

impl Noise {
    /// What is assumed where neither history nor plan says more: phi = 3, tau = 0.15 a pod.
    pub const ASSUMED: Self = Self {
        dispersion: 3.0,
        pod_sd: 0.15,
    };
}
