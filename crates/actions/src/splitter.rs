//! The embedded traffic splitter, by its admin API.
//!
//! `GET /weights` answers `{"baseline":90,"canary":10,"generation":3}`; `PUT /weights/canary` with `{"weight":0,"generation":3}` answers the new state,
//! or 409 where something has changed since generation 3. That number is the splitter's own and rises with every change by anybody, so an order
//! carries the one just read, and the order's generation is compared by [`crate::Generations`].

use crate::attempt::{Checked, Tried};
use crate::config::SplitterConfig;
use crate::http_exchange::{self, Answer, NoAnswer};
use crate::order::Order;
use crate::placeholder;
use crate::problem::{ConfigProblem, ProbeProblem};
use crate::remembered::Remembered;
use crate::time_left::TimeLeft;
use reqwest::header::HeaderValue;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Map, Value};

/// Key of the state that is no group.
const GENERATION: &str = "generation";

#[derive(Debug)]
pub(crate) struct Splitter {
    action: String,
    config: SplitterConfig,
    client: reqwest::Client,
    before: Remembered<u64>,
}

impl Splitter {
    pub(crate) fn new(action: &str, config: SplitterConfig) -> Result<Self, ConfigProblem> {
        let wrong = |what: String| ConfigProblem::Setting {
            action: action.to_owned(),
            what,
        };
        if config.group.is_empty() || config.group == GENERATION {
            return Err(wrong(format!("`group: {}` names no group", config.group)));
        }
        let token = config.token.as_ref();
        if token.is_some_and(|token| HeaderValue::from_str(token.expose()).is_err()) {
            return Err(wrong(
                "the token has characters that no header can carry (a line end, perhaps)"
                    .to_owned(),
            ));
        }
        Ok(Self {
            client: http_exchange::client(action, &config.admin, config.time_limit)?,
            action: action.to_owned(),
            config,
            before: Remembered::default(),
        })
    }

    pub(crate) const fn config(&self) -> &SplitterConfig {
        &self.config
    }

    pub(crate) async fn attempt(&self, order: &Order, time: TimeLeft) -> Tried {
        let group = match self.group(order) {
            Ok(group) => group,
            Err(refusal) => return Tried::refused(refusal),
        };
        // Read first: a wrong group is refused before anything is written, the undo needs what was, and a change in between is noticed.
        let read = match self.weights(time).await {
            Ok(weights) => weights,
            Err(NotRead::NoAnswer(why)) => {
                return Tried::not_sent(format!("cannot reach {}: {why}", self.config.admin));
            }
            Err(NotRead::Answer(what)) => {
                return Tried::refused(format!("{} answers {what}", self.config.admin));
            }
        };
        let before = match weight_of(&read, &group) {
            Ok(weight) => weight,
            Err(refusal) => return Tried::refused(format!("{}: {refusal}", self.config.admin)),
        };
        self.before.keep(&order.idempotency_key, before);
        let mut body = Map::from_iter([("weight".to_owned(), self.config.weight.into())]);
        if let Some(generation) = read.get(GENERATION) {
            body.insert(GENERATION.to_owned(), generation.clone());
        }
        let address = self.config.admin.below(&["weights", &group]);
        let request = self.client.put(address.url().clone()).json(&body);
        match http_exchange::exchange(self.authorised(request), time).await {
            Ok(answer) => self.judge(&answer, &group, before),
            Err(NoAnswer::NotSent(why)) => {
                Tried::not_sent(format!("cannot reach {}: {why}", self.config.admin))
            }
            Err(NoAnswer::Lost(why)) => Tried::lost(format!(
                "the order was sent to {} and its answer is lost: {why}",
                self.config.admin
            )),
        }
    }

    fn judge(&self, answer: &Answer, group: &str, before: u64) -> Tried {
        let (admin, weight) = (&self.config.admin, self.config.weight);
        if answer.status == StatusCode::CONFLICT {
            // Nothing was changed, and the next try reads what is there now.
            return Tried::not_sent(format!(
                "{admin} refused the order as stale: it was changed between reading and writing ({})",
                answer.quote()
            ));
        }
        if answer.status.is_server_error() {
            return Tried::lost(format!("{admin} answered {}", answer.quote()));
        }
        if !answer.status.is_success() {
            return Tried::refused(format!("{admin} answered {}", answer.quote()));
        }
        match parse(&answer.body).and_then(|weights| weight_of(&weights, group)) {
            Ok(now) if now == u64::from(weight) => Tried::done(format!(
                "weight of `{group}` set to {weight} (was {before})"
            )),
            Ok(now) => Tried::unclear(format!(
                "{admin} accepted weight {weight} for `{group}` and answers weight {now}"
            )),
            Err(what) => Tried::unclear(format!("{admin} accepted the order, but {what}")),
        }
    }

    pub(crate) async fn check(&self, order: &Order) -> Checked {
        let group = match self.group(order) {
            Ok(group) => group,
            Err(why) => return Checked::cannot(why),
        };
        match self.weights(TimeLeft::new(self.config.time_limit)).await {
            Ok(weights) => match weight_of(&weights, &group) {
                Ok(weight) if weight == u64::from(self.config.weight) => Checked::InEffect,
                Ok(_) => Checked::NotInEffect,
                Err(why) => Checked::cannot(format!("{}: {why}", self.config.admin)),
            },
            Err(NotRead::NoAnswer(why)) => {
                Checked::cannot(format!("cannot reach {}: {why}", self.config.admin))
            }
            Err(NotRead::Answer(what)) => {
                Checked::cannot(format!("{} answers {what}", self.config.admin))
            }
        }
    }

    pub(crate) fn dry_run(&self, order: &Order) -> Vec<String> {
        let group = match self.group(order) {
            Ok(group) => group,
            Err(refusal) => return vec![format!("nothing: {refusal}")],
        };
        vec![
            format!("GET {}", self.config.admin.below(&["weights"])),
            format!(
                "PUT {} {{\"weight\":{},\"generation\":AS-JUST-READ}}",
                self.config.admin.below(&["weights", &group]),
                self.config.weight
            ),
        ]
    }

    pub(crate) fn undo(&self, order: &Order) -> Option<String> {
        let group = self.group(order).ok()?;
        let before = self
            .before
            .of(&order.idempotency_key)
            // After a crash, a repetition reads the effect of the attempt before.
            .filter(|before| *before != u64::from(self.config.weight))
            .map_or_else(|| "WEIGHT-BEFORE".to_owned(), |weight| weight.to_string());
        Some(format!(
            "PUT {} {{\"weight\":{before}}}",
            self.config.admin.below(&["weights", &group])
        ))
    }

    pub(crate) async fn probe(&self) -> Result<(), ProbeProblem> {
        let place = self.config.admin.to_string();
        let weights = match self.weights(TimeLeft::new(self.config.time_limit)).await {
            Ok(weights) => weights,
            Err(NotRead::NoAnswer(why)) => return Err(ProbeProblem::Unreachable { place, why }),
            Err(NotRead::Answer(what)) => {
                return Err(ProbeProblem::Answer {
                    place,
                    what: format!("with {what}"),
                });
            }
        };
        if placeholder::has_any(&self.config.group) {
            return Ok(());
        }
        weight_of(&weights, &self.config.group)
            .map(drop)
            .map_err(|what| ProbeProblem::Answer { place, what })
    }

    fn group(&self, order: &Order) -> Result<String, String> {
        placeholder::fill(&self.action, &self.config.group, order)
            .map_err(|problem| problem.to_string())
    }

    fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.config.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        }
    }

    async fn weights(&self, time: TimeLeft) -> Result<Map<String, Value>, NotRead> {
        let request = self
            .client
            .get(self.config.admin.below(&["weights"]).url().clone());
        let answer = http_exchange::exchange(self.authorised(request), time)
            .await
            .map_err(|none| NotRead::NoAnswer(none.why().to_owned()))?;
        if answer.status.is_server_error() {
            return Err(NotRead::NoAnswer(answer.quote()));
        }
        if !answer.status.is_success() {
            return Err(NotRead::Answer(answer.quote()));
        }
        parse(&answer.body).map_err(NotRead::Answer)
    }
}

/// Why the weights could not be read.
enum NotRead {
    /// Nothing usable came; it may later.
    NoAnswer(String),
    /// What answers is not a splitter, or refuses.
    Answer(String),
}

fn parse(body: &[u8]) -> Result<Map<String, Value>, String> {
    serde_json::from_slice(body).map_err(|_| {
        "what is no JSON object of weights: is this the splitter's admin address?".to_owned()
    })
}

fn weight_of(weights: &Map<String, Value>, group: &str) -> Result<u64, String> {
    let groups = || {
        weights
            .keys()
            .filter(|name| *name != GENERATION)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    match weights.get(group).filter(|_| group != GENERATION) {
        Some(weight) => weight.as_u64().ok_or_else(|| {
            format!("the weight of `{group}` is {weight}, which is no whole number")
        }),
        None => Err(format!("it has no group `{group}`; it has {}", groups())),
    }
}
