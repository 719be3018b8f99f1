//! Finds the label that tells the versions apart.

use super::offer::{Offer, OfferedMetric};
use verification::terms::{CanaryChoice, Join, MatchOp, Matcher, SideRule};

/// Values by which a canary is called, and those of its baseline, most usual first.
const CANARY: [&str; 4] = ["canary", "preview", "candidate", "green"];
const BASELINE: [&str; 8] = [
    "baseline",
    "stable",
    "primary",
    "main",
    "production",
    "prod",
    "active",
    "blue",
];

/// Labels that hold a version.
const VERSION: [&str; 9] = [
    "version",
    "service_version",
    "app_version",
    "app_kubernetes_io_version",
    "destination_version",
    "pod_template_hash",
    "rollouts_pod_template_hash",
    "revision",
    "image_tag",
];

/// Info series that carry a version for others, with the labels they share.
const INFO: [(&str, &[&str]); 2] = [
    ("target_info", &["job", "instance"]),
    ("kube_pod_labels", &["namespace", "pod"]),
];

/// How the versions may be told apart, and why.
pub(super) fn find(offer: &Offer, metric: &str) -> (SideRule, String) {
    let base = |name: &str| name.strip_suffix("_count").unwrap_or(name).to_owned();
    let carrier = offer
        .metrics
        .iter()
        .find(|offered| offered.name == metric || base(metric) == offered.name);
    if let Some(found) = carrier.and_then(by_role) {
        return found;
    }
    if let Some(label) = carrier.and_then(version_label) {
        return (
            by_label(label.clone(), None),
            format!("Versions: the label {label}, the newest value is the canary."),
        );
    }
    for (name, on) in INFO {
        let Some(info) = offer.metrics.iter().find(|offered| offered.name == name) else {
            continue;
        };
        let Some(label) = version_label(info) else {
            continue;
        };
        let join = Join {
            metric: name.to_owned(),
            on: on.iter().map(|label| (*label).to_owned()).collect(),
        };
        return (
            by_label(label.clone(), Some(join)),
            format!(
                "Versions: the label {label} of {name}, joined by {}.",
                on.join(" and ")
            ),
        );
    }
    (
        by_label("version".to_owned(), None),
        "No label was found that tells the versions apart: replace `version` by the one that does, or give matchers for both sides.".to_owned(),
    )
}

const fn by_label(label: String, join: Option<Join>) -> SideRule {
    SideRule::ByLabel {
        label,
        canary: CanaryChoice::Newest,
        join,
    }
}

/// A label with a value that names the canary, whatever the label is called.
fn by_role(metric: &OfferedMetric) -> Option<(SideRule, String)> {
    metric.labels.iter().find_map(|(label, values)| {
        let canary = CANARY
            .iter()
            .find(|word| values.iter().any(|value| value == *word))?;
        let matcher = |op, value: &str| {
            vec![Matcher {
                label: label.clone(),
                op,
                value: value.to_owned(),
            }]
        };
        let baseline = match BASELINE
            .iter()
            .find(|word| values.iter().any(|value| value == *word))
        {
            Some(word) => matcher(MatchOp::Equal, word),
            None => matcher(MatchOp::NotEqual, canary),
        };
        let rule = SideRule::Matchers {
            canary: matcher(MatchOp::Equal, canary),
            baseline,
        };
        Some((
            rule,
            format!("Versions: the label {label} has the value {canary}."),
        ))
    })
}

fn version_label(metric: &OfferedMetric) -> Option<String> {
    let plain = |label: &str| label.strip_prefix("label_").unwrap_or(label).to_owned();
    VERSION
        .iter()
        .find_map(|known| {
            metric
                .labels
                .iter()
                .map(|(label, _)| label)
                .find(|label| plain(label) == *known)
        })
        .cloned()
}
