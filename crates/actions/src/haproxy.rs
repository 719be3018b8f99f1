//! HAProxy, by its runtime API: weights and states of servers, read back with `show servers state`.

mod names;
mod runtime_api;
mod server_row;

use crate::attempt::{Checked, Tried};
use crate::config::{HaproxyConfig, ServerState};
use crate::order::Order;
use crate::placeholder;
use crate::problem::{ConfigProblem, ProbeProblem};
use crate::remembered::Remembered;
use crate::time_left::TimeLeft;
use runtime_api::NoAnswer;
use server_row::ServerRow;
use std::collections::BTreeMap;

/// Largest weight of a server (configuration guide, 5.2, `weight`).
const LARGEST_WEIGHT: u16 = 256;

#[derive(Debug)]
pub(crate) struct Haproxy {
    action: String,
    config: HaproxyConfig,
    before: Remembered<BTreeMap<String, ServerRow>>,
}

/// Backend and servers of one order, checked.
struct Place {
    backend: String,
    servers: Vec<String>,
}

impl Haproxy {
    pub(crate) fn new(action: &str, config: HaproxyConfig) -> Result<Self, ConfigProblem> {
        let wrong = |what| ConfigProblem::Setting {
            action: action.to_owned(),
            what,
        };
        if config.weight > LARGEST_WEIGHT {
            return Err(wrong(format!(
                "weight {} is above HAProxy's largest, {LARGEST_WEIGHT}",
                config.weight
            )));
        }
        if config.servers.is_empty() {
            return Err(wrong("name at least one server".to_owned()));
        }
        let named = [("backend", &config.backend)]
            .into_iter()
            .chain(config.servers.iter().map(|server| ("server", server)));
        for (what, name) in named.filter(|(_, name)| !placeholder::has_any(name)) {
            names::check(what, name).map_err(wrong)?;
        }
        Ok(Self {
            action: action.to_owned(),
            config,
            before: Remembered::default(),
        })
    }

    pub(crate) const fn config(&self) -> &HaproxyConfig {
        &self.config
    }

    pub(crate) async fn attempt(&self, order: &Order, time: TimeLeft) -> Tried {
        let address = &self.config.address;
        let place = match self.place(order) {
            Ok(place) => place,
            Err(refusal) => return Tried::refused(refusal),
        };
        // Read first: a wrong name is refused before anything is written, and the undo needs what was.
        let before = match self.rows(&place, time).await {
            Ok(rows) => rows,
            Err(NotRead::NoAnswer(why)) => {
                return Tried::not_sent(format!("cannot reach HAProxy at {address}: {why}"));
            }
            Err(NotRead::Refused(why)) => {
                return Tried::refused(format!("HAProxy at {address}: {why}"));
            }
        };
        self.before.keep(&order.idempotency_key, before.clone());
        let mut written = Vec::new();
        for server in &place.servers {
            for command in self.commands(&place.backend, server) {
                match runtime_api::ask(address, &command, time).await {
                    Ok(answer) if answer.is_empty() => written.push(command),
                    Ok(answer) => {
                        let why = refusal(&answer, &place.backend, server);
                        return if written.is_empty() {
                            Tried::refused(format!("HAProxy at {address}: {why}"))
                        } else {
                            Tried::unclear(partly(
                                &written,
                                &format!("`{command}` was refused: {why}"),
                            ))
                        };
                    }
                    Err(NoAnswer::NotSent(why)) if written.is_empty() => {
                        return Tried::not_sent(format!(
                            "cannot reach HAProxy at {address}: {why}"
                        ));
                    }
                    Err(none) => {
                        let why = format!("`{command}` has no answer: {}", none.why());
                        return Tried::lost(partly(&written, &why));
                    }
                }
            }
        }
        Tried::done(self.done(&place, &before))
    }

    fn done(&self, place: &Place, before: &BTreeMap<String, ServerRow>) -> String {
        let servers: Vec<String> = place
            .servers
            .iter()
            .map(|server| {
                let was = before
                    .get(server)
                    .map(|row| format!(" (was {})", row.weight))
                    .unwrap_or_default();
                format!("{}/{server}{was}", place.backend)
            })
            .collect();
        let state = self
            .config
            .state
            .map(|state| format!(" and state {}", state.word()))
            .unwrap_or_default();
        format!(
            "weight {}{state} set for {}",
            self.config.weight,
            servers.join(", ")
        )
    }

    pub(crate) async fn check(&self, order: &Order) -> Checked {
        let place = match self.place(order) {
            Ok(place) => place,
            Err(why) => return Checked::cannot(why),
        };
        let address = &self.config.address;
        match self
            .rows(&place, TimeLeft::new(self.config.time_limit))
            .await
        {
            Ok(rows) => {
                let as_ordered = |row: &ServerRow| {
                    row.weight == self.config.weight
                        && self.config.state.is_none_or(|state| row.is(state))
                };
                let all = place
                    .servers
                    .iter()
                    .all(|server| rows.get(server).is_some_and(as_ordered));
                if all {
                    Checked::InEffect
                } else {
                    Checked::NotInEffect
                }
            }
            Err(NotRead::NoAnswer(why)) => {
                Checked::cannot(format!("cannot reach HAProxy at {address}: {why}"))
            }
            Err(NotRead::Refused(why)) => Checked::cannot(format!("HAProxy at {address}: {why}")),
        }
    }

    pub(crate) fn dry_run(&self, order: &Order) -> Vec<String> {
        match self.place(order) {
            Ok(place) => place
                .servers
                .iter()
                .flat_map(|server| self.commands(&place.backend, server))
                .map(|command| format!("HAProxy at {}: {command}", self.config.address))
                .collect(),
            Err(refusal) => vec![format!("nothing: {refusal}")],
        }
    }

    /// Weights as they were read before; where no attempt has read them, those of HAProxy's configuration (100 %).
    pub(crate) fn undo(&self, order: &Order) -> Option<String> {
        let place = self.place(order).ok()?;
        let before = self.before.of(&order.idempotency_key);
        let commands: Vec<String> = place
            .servers
            .iter()
            .flat_map(|server| {
                let row = before
                    .as_ref()
                    .and_then(|rows| rows.get(server))
                    // After a crash, a repetition reads the effect of the attempt before.
                    .filter(|row| row.weight != self.config.weight);
                let weight = row.map_or_else(|| "100%".to_owned(), |row| row.weight.to_string());
                let name = format!("{}/{server}", place.backend);
                let ready = self
                    .config
                    .state
                    .filter(|state| row.is_none_or(|row| !row.is(*state)))
                    .map(|_| format!("set server {name} state ready"));
                [Some(format!("set server {name} weight {weight}")), ready]
            })
            .flatten()
            .collect();
        Some(format!(
            "HAProxy at {}: {}",
            self.config.address,
            commands.join("; ")
        ))
    }

    pub(crate) async fn probe(&self) -> Result<(), ProbeProblem> {
        let place = format!("HAProxy at {}", self.config.address);
        let time = TimeLeft::new(self.config.time_limit);
        let level = runtime_api::ask(&self.config.address, "show cli level", time)
            .await
            .map_err(|none| ProbeProblem::Unreachable {
                place: place.clone(),
                why: none.why().to_owned(),
            })?;
        // Versions before 1.9 do not know the command: there the first order tells.
        if ["user", "operator"].contains(&level.as_str()) {
            return Err(ProbeProblem::Answer {
                place,
                what: format!(
                    "its level is {level}, which may not change weights: write `level admin` on its `stats socket` line"
                ),
            });
        }
        let fixed = |name: &&String| !placeholder::has_any(name);
        if !fixed(&&self.config.backend) {
            return Ok(());
        }
        let asked = Place {
            backend: self.config.backend.clone(),
            servers: self.config.servers.iter().filter(fixed).cloned().collect(),
        };
        match self.rows(&asked, time).await {
            Ok(_) => Ok(()),
            Err(NotRead::NoAnswer(why)) => Err(ProbeProblem::Unreachable { place, why }),
            Err(NotRead::Refused(what)) => Err(ProbeProblem::Answer { place, what }),
        }
    }

    fn commands(&self, backend: &str, server: &str) -> Vec<String> {
        let weight = format!(
            "set server {backend}/{server} weight {}",
            self.config.weight
        );
        let state = self.config.state.map(|state: ServerState| {
            format!("set server {backend}/{server} state {}", state.word())
        });
        [weight].into_iter().chain(state).collect()
    }

    fn place(&self, order: &Order) -> Result<Place, String> {
        let name = |what, text: &str| {
            let name = placeholder::fill(&self.action, text, order)
                .map_err(|problem| problem.to_string())?;
            names::check(what, &name)?;
            Ok::<_, String>(name)
        };
        Ok(Place {
            backend: name("backend", &self.config.backend)?,
            servers: self
                .config
                .servers
                .iter()
                .map(|server| name("server", server))
                .collect::<Result<_, _>>()?,
        })
    }

    /// The rows of the backend; refused where one of the servers is not among them.
    async fn rows(
        &self,
        place: &Place,
        time: TimeLeft,
    ) -> Result<BTreeMap<String, ServerRow>, NotRead> {
        let Place { backend, servers } = place;
        let command = format!("show servers state {backend}");
        let answer = runtime_api::ask(&self.config.address, &command, time)
            .await
            .map_err(|none| NotRead::NoAnswer(none.why().to_owned()))?;
        let rows = server_row::parse(&answer)
            .ok_or_else(|| NotRead::Refused(refusal(&answer, backend, "")))?;
        let missing: Vec<&str> = servers
            .iter()
            .filter(|server| !rows.contains_key(*server))
            .map(String::as_str)
            .collect();
        if missing.is_empty() {
            return Ok(rows);
        }
        let known: Vec<&str> = rows.keys().map(String::as_str).collect();
        Err(NotRead::Refused(format!(
            "backend `{backend}` has no server {}; it has {}",
            missing.join(", "),
            known.join(", ")
        )))
    }
}

/// Why the servers could not be read.
enum NotRead {
    /// No answer; there may be one later.
    NoAnswer(String),
    /// HAProxy says no.
    Refused(String),
}

fn partly(written: &[String], why: &str) -> String {
    if written.is_empty() {
        why.to_owned()
    } else {
        format!("done in part: {}; then {why}", written.join("; "))
    }
}

/// What HAProxy's refusal means and what to do. Its texts are those of versions 2.2 to 3.0; others are passed on.
fn refusal(answer: &str, backend: &str, server: &str) -> String {
    let first = crate::one_line::one_line(answer.lines().next().unwrap_or_default());
    match first.as_str() {
        "Permission denied" => {
            "permission denied: write `level admin` on its `stats socket` line".to_owned()
        }
        "No such server." => format!("backend `{backend}` has no server `{server}`"),
        "No such backend." | "Can't find backend." => format!("it has no backend `{backend}`"),
        text if text.contains("static LB algorithm") => format!(
            "backend `{backend}` balances by a static algorithm, where only weight 0 and the configured weight can be set: use `balance roundrobin` or `leastconn`, or weight 0"
        ),
        "" => "it answered nothing where an answer was due".to_owned(),
        text => format!("it answered: {text}"),
    }
}
