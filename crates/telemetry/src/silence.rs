//! When an absent counter of events means zero.
//!
//! A selector that never matched anything may be wrong. Taking its absence for zero would call every canary free of errors,
//! so it must be known to match: on another pod, at some time in the history, or by what its labels are.

use std::time::Duration;

use verification::terms::Selector;
use verification::time::Timestamp;

use crate::labels::Labels;
use crate::matching::accepts;
use crate::prometheus::PrometheusClient;
use crate::reader::Reader;
use crate::series_store::Series;
use crate::signals::Kind;
use crate::trouble::Trouble;

/// How far back the history is searched for the counter: a week, so that each hour of the week was there once.
const HISTORY: Duration = Duration::from_secs(7 * 24 * 3600);

/// Whether a program writes this counter before the first event. Where one pod stands at zero, a pod without the series does
/// not stand at zero: it lacks the counter, perhaps under a new name.
pub(crate) fn is_eager(series: &Series) -> bool {
    series.values.iter().any(|(_, value)| *value == 0.0)
}

/// Whether the selector picks statuses from a label that holds HTTP statuses. Then it can match, though no such answer has
/// been given yet: `code=~"5.."` where the trials have `code="200"`.
pub(crate) fn names_statuses<'a>(
    part: &Selector,
    trials: impl Iterator<Item = &'a Labels>,
) -> bool {
    let trials: Vec<&Labels> = trials
        .filter(|labels| labels.metric() == part.metric)
        .collect();
    if trials.is_empty() {
        return false;
    }
    let mut picks = false;
    for matcher in &part.matchers {
        let mut values = trials
            .iter()
            .map(|labels| labels.get(&matcher.label))
            .filter(|value| !value.is_empty())
            .peekable();
        let is_status = values.peek().is_some() && values.all(is_http_status);
        if is_status {
            picks |= (100..600).any(|status: u16| accepts(matcher, &status.to_string()));
        } else if !trials
            .iter()
            .any(|labels| accepts(matcher, labels.get(&matcher.label)))
        {
            // Some other matcher has never been met, so nothing is known.
            return false;
        }
    }
    picks
}

fn is_http_status(value: &str) -> bool {
    value.len() == 3
        && value
            .parse()
            .is_ok_and(|status: u16| (100..600).contains(&status))
}

/// Whether a server knows the selector: some series matched it in the last week, or it is a bare metric that the server has
/// metadata of. With matchers the metadata prove nothing, since a label may be misspelt.
pub(crate) async fn in_history(
    client: &PrometheusClient,
    part: &Selector,
    now: Timestamp,
) -> Result<bool, Trouble> {
    match client
        .series(&[part.to_string()], now - HISTORY, now, 1)
        .await
    {
        Ok(matched) if !matched.data.is_empty() => return Ok(true),
        Ok(_) => {}
        // Older servers do not know the limit and list everything that matched.
        Err(Trouble::TooLarge { .. }) => return Ok(true),
        Err(trouble) => return Err(trouble),
    }
    if !part.matchers.is_empty() {
        return Ok(false);
    }
    Ok(client
        .metadata(Some(&part.metric))
        .await?
        .contains_key(&part.metric))
}

impl Reader {
    /// Asks the server about counters of events that have not been seen, once each.
    pub(crate) async fn ask_history(&mut self, source: usize, now: Timestamp) {
        for at in 0..self.signals.len() {
            let Kind::Counts(terms) = &self.signals[at].kind else {
                continue;
            };
            let seen = |id: usize| !self.fetches.0[id].store.is_empty();
            let here = terms.source == source;
            let events = seen(terms.events.canary) || seen(terms.events.baseline);
            if !here || terms.history_asked || terms.silence.known || events {
                continue;
            }
            let Ok((client, _)) = self.client(source, now) else {
                return;
            };
            let part = terms.part.clone();
            // A server that cannot say is asked again at the next look; until then the counter stays unknown.
            let Ok(known) = in_history(&client, &part, now).await else {
                return;
            };
            if let Kind::Counts(terms) = &mut self.signals[at].kind {
                terms.history_asked = true;
                terms.silence.known |= known;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use verification::terms::{MatchOp, Matcher};

    fn part(label: &str, op: MatchOp, value: &str) -> Selector {
        Selector {
            metric: "http_requests_total".into(),
            matchers: vec![Matcher {
                label: label.into(),
                op,
                value: value.into(),
            }],
        }
    }

    fn known(part: &Selector) -> bool {
        let labels = Labels::of(&[
            ("__name__", "http_requests_total"),
            ("code", "200"),
            ("result", "ok"),
        ]);
        names_statuses(part, std::iter::once(&labels))
    }

    #[test]
    fn a_status_that_was_never_given_can_match() {
        assert!(known(&part("code", MatchOp::Matches, "5..")));
        assert!(known(&part("code", MatchOp::Equal, "503")));
    }

    #[test]
    fn a_misspelt_selector_stays_unknown() {
        assert!(!known(&part("code", MatchOp::Matches, "5xx")));
        assert!(!known(&part("cod", MatchOp::Matches, "5..")));
        assert!(!known(&part("result", MatchOp::Equal, "eror")));
    }
}
