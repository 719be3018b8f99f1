//! A watch in JSON: stable names, units in field names, RFC 3339 times in UTC.
//!
//! `state`, `decision`, `verdict` and `exit_code` stand apart: a state is where the watch is, a decision what was ordered, a
//! verdict what one criterion shows, an exit code what a script acts on.

use crate::clock::rfc3339;
use crate::frame::{Chain, Frame};
use crate::headline::Headline;
use crate::json_row::{RowJson, SidesJson, finite, number, row_json};
use crate::json_words::{
    ActWord, AuthorityWord, DecisionWord, InsteadWord, MilestoneWord, OutcomeWord, ReactionWord,
    StateWord,
};
use crate::sentence::decision_sentence;
use crate::situation::{self, Situation};
use core::time::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use verification::decision::{By, Verb};
use verification::summary::Summary;
use verification::time::Timestamp;
use verification::verdict::RowId;

/// Version of the layout; rises when a field changes its meaning or goes away, not when one is added.
pub const SCHEMA_VERSION: u32 = 1;

/// A watch at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportJson {
    /// Version of the layout.
    pub schema_version: u32,
    /// Id of the watch.
    pub watch: String,
    /// Service under watch.
    pub service: String,
    /// What is deployed, in one line.
    pub change: Option<String>,
    /// Team that owns the service.
    pub owner: Option<String>,
    /// Where to start reading.
    pub runbook: Option<String>,
    /// Versions as the telemetry names them.
    pub versions: SidesJson<Option<String>>,
    /// Where the watch is.
    pub state: StateWord,
    /// What was decided last for the whole watch.
    pub decision: DecisionWord,
    /// Name of the human who confirmed it, if one did.
    pub confirmed_by: Option<String>,
    /// Name of the human who holds it.
    pub held_by: Option<String>,
    /// What a script acts on.
    pub exit_code: u8,
    /// Whether the service has recovered from a rollback; `null` where that was not asked or is not known yet.
    pub recovered: Option<bool>,
    /// Names of the failing rows.
    pub failing: Vec<String>,
    /// The first three lines of the screen.
    pub headline: HeadlineJson,
    /// When the criteria were fixed.
    pub sealed_at: String,
    /// Whether the canary already had traffic then.
    pub sealed_late: bool,
    /// When the watch started.
    pub started_at: String,
    /// The moment this is about.
    pub at: String,
    /// When it ends at the latest.
    pub ends_at: String,
    /// When it was over.
    pub ended_at: Option<String>,
    /// How long it has been watched.
    pub watched_seconds: f64,
    /// How long the plan says.
    pub watch_for_seconds: f64,
    /// Looks so far.
    pub looks: u32,
    /// Whether it is still warming up.
    pub warming_up: bool,
    /// Pods of each side at the last look.
    pub pods: SidesJson<u32>,
    /// The canary's share of the traffic, 1 is all.
    pub canary_share: Option<f64>,
    /// Time of the newest sample of each side.
    pub newest_sample_at: SidesJson<Option<String>>,
    /// Age of the newest sample of each side at the time of asking.
    pub newest_sample_age_seconds: SidesJson<Option<f64>>,
    /// When a rollback starts by itself.
    pub roll_back_at: Option<String>,
    /// By when the recovery must be proven.
    pub recovery_deadline_at: Option<String>,
    /// The rows, failing first.
    pub criteria: Vec<RowJson>,
    /// All decisions, oldest first.
    pub decisions: Vec<DecisionJson>,
    /// All orders, oldest first.
    pub actions: Vec<ActionJson>,
    /// The recovery, once proven or given up.
    pub recovery: Option<RecoveryJson>,
    /// Sources that do not answer.
    pub silent: Vec<SilentJson>,
    /// Milestones, oldest first.
    pub timeline: Vec<MilestoneJson>,
    /// What humans asked for, oldest first.
    pub acts: Vec<ActJson>,
    /// How long each step of the reaction took.
    pub phases: PhasesJson,
    /// What is known of the record.
    pub ledger: LedgerJson,
}

/// The first three lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeadlineJson {
    /// Decision and deployment.
    pub what: String,
    /// How bad.
    pub how_bad: String,
    /// What next.
    pub what_next: String,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionJson {
    /// What.
    pub decision: DecisionWord,
    /// When.
    pub at: String,
    /// When it takes effect, if somebody may still object.
    pub effective_at: Option<String>,
    /// Names of the rows that led to it, strongest first.
    pub rows: Vec<String>,
    /// Under which authority.
    pub authority: AuthorityWord,
    /// The human, if it was one.
    pub name: Option<String>,
    /// The human's reason.
    pub reason: Option<String>,
    /// Why it is lighter than the criteria ask for.
    pub instead: Option<InsteadWord>,
    /// The same in English.
    pub sentence: String,
}

/// An order and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActionJson {
    /// Number within the watch.
    pub id: u32,
    /// Generation: runners refuse an older one.
    pub generation: u32,
    /// What kind.
    pub reaction: ReactionWord,
    /// Name in the connections file.
    pub run: Option<String>,
    /// What it is applied to.
    pub target: Option<String>,
    /// When it was ordered.
    pub ordered_at: String,
    /// When an attempt makes no sense any more.
    pub deadline_at: String,
    /// What came of it.
    pub outcome: Option<OutcomeJson>,
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutcomeJson {
    /// How it ended.
    pub result: OutcomeWord,
    /// When.
    pub at: String,
    /// How long it took.
    pub took_ms: u64,
    /// What was done or what went wrong.
    pub detail: String,
}

/// How the recovery ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryJson {
    /// Whether it was proven.
    pub recovered: bool,
    /// When.
    pub at: String,
    /// The canary's share of the traffic after the action.
    pub canary_share: Option<f64>,
    /// The rows that had to recover.
    pub rows: Vec<RecoveryRowJson>,
}

/// One row of the proof. Rates are fractions of what the row counts; for latencies the share of requests past the threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryRowJson {
    /// Name.
    pub name: String,
    /// Rate of the baseline in the hour before.
    pub before: Option<f64>,
    /// Rate that the whole service must keep.
    pub limit: Option<f64>,
    /// Rate of the whole service since the action.
    pub after: Option<f64>,
    /// Natural logarithm of the evidence.
    pub ln_evidence: Option<f64>,
    /// What it must reach.
    pub ln_needed: Option<f64>,
}

/// A source that does not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SilentJson {
    /// Name in the connections file.
    pub source: String,
    /// Since when.
    pub since: String,
    /// What happened.
    pub message: String,
    /// Whether access is refused, which does not mend by itself.
    pub access_refused: bool,
}

/// A milestone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MilestoneJson {
    /// When.
    pub at: String,
    /// What.
    pub what: MilestoneWord,
}

/// What a human asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActJson {
    /// When.
    pub at: String,
    /// What.
    pub act: ActWord,
    /// Who.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// How long each step took; `null` where it did not happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PhasesJson {
    /// From the canary's first sample to the failing verdict.
    pub detect_ms: Option<u64>,
    /// From there to the order.
    pub decide_ms: Option<u64>,
    /// From the order to its outcome.
    pub execute_ms: Option<u64>,
    /// From the outcome to the proof of recovery.
    pub verify_ms: Option<u64>,
}

/// What is known of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerJson {
    /// Last record of the watch.
    pub last_record: Option<u64>,
    /// Whether the chain is intact; `null` where nobody looked.
    pub chain_intact: Option<bool>,
    /// First record that does not fit.
    pub chain_broken_at_record: Option<u64>,
}

/// The watch as a JSON value's structure. Cost: linear in rows, decisions and actions.
#[must_use]
pub fn report_json(summary: &Summary<'_>, frame: &Frame) -> ReportJson {
    let plan = summary.plan;
    let headline = Headline::of(summary, frame);
    let situation = Situation::of(summary);
    let now = summary.ended.unwrap_or(frame.now);
    let age = |newest: Option<Timestamp>| newest.map(|at| now.since(at).as_secs_f64());
    ReportJson {
        schema_version: SCHEMA_VERSION,
        watch: frame.watch_id.clone(),
        service: plan.service.clone(),
        change: plan.change.clone(),
        owner: plan.owner.clone(),
        runbook: plan.runbook.clone(),
        versions: summary.versions.clone().into(),
        state: StateWord::from(&summary.state),
        decision: decision_word(summary, &situation),
        confirmed_by: match situation {
            Situation::Confirmed(_) => situation.by().map(ToOwned::to_owned),
            _ => None,
        },
        held_by: summary.held_by.clone(),
        exit_code: summary.exit.code(),
        recovered: summary.recovery.as_ref().map(|report| report.recovered),
        failing: situation::failing(summary)
            .map(|row| row.name.clone())
            .collect(),
        headline: HeadlineJson {
            what: format!("{} {}", headline.decision(), headline.subject),
            how_bad: headline.how_bad,
            what_next: headline.what_next,
        },
        sealed_at: rfc3339(summary.sealed_at),
        sealed_late: summary.sealed_late,
        started_at: rfc3339(summary.started),
        at: rfc3339(summary.at),
        ends_at: rfc3339(summary.ends),
        ended_at: summary.ended.map(rfc3339),
        watched_seconds: situation::watched(summary, frame.now).as_secs_f64(),
        watch_for_seconds: plan.watch_for.as_secs_f64(),
        looks: summary.looks,
        warming_up: summary.warming_up,
        pods: summary.pods.into(),
        canary_share: finite(summary.canary_share),
        newest_sample_at: SidesJson {
            canary: summary.newest.canary.map(rfc3339),
            baseline: summary.newest.baseline.map(rfc3339),
        },
        newest_sample_age_seconds: SidesJson {
            canary: age(summary.newest.canary),
            baseline: age(summary.newest.baseline),
        },
        roll_back_at: summary.roll_back_at.map(rfc3339),
        recovery_deadline_at: summary.recovery_deadline.map(rfc3339),
        criteria: summary
            .rows
            .iter()
            .map(|row| row_json(summary, row, frame))
            .collect(),
        decisions: decisions(summary),
        actions: actions(summary),
        recovery: recovery(summary),
        silent: summary
            .silent
            .iter()
            .map(|silent| SilentJson {
                source: silent.problem.source.clone(),
                since: rfc3339(silent.since),
                message: silent.problem.message.clone(),
                access_refused: silent.problem.refused,
            })
            .collect(),
        timeline: summary
            .timeline
            .iter()
            .map(|milestone| MilestoneJson {
                at: rfc3339(milestone.at),
                what: MilestoneWord::from(&milestone.what),
            })
            .collect(),
        acts: summary
            .acts
            .iter()
            .map(|(at, act)| ActJson {
                at: rfc3339(*at),
                act: ActWord::from(&act.kind),
                name: act.name.clone(),
                reason: act.reason.clone(),
            })
            .collect(),
        phases: PhasesJson {
            detect_ms: summary.phases.detect.map(millis),
            decide_ms: summary.phases.decide.map(millis),
            execute_ms: summary.phases.execute.map(millis),
            verify_ms: summary.phases.verify.map(millis),
        },
        ledger: LedgerJson {
            last_record: frame.last_record,
            chain_intact: match frame.chain {
                Chain::NotChecked => None,
                Chain::Intact => Some(true),
                Chain::BrokenAt(_) => Some(false),
            },
            chain_broken_at_record: match frame.chain {
                Chain::BrokenAt(record) => Some(record),
                _ => None,
            },
        },
    }
}

/// The schema of [`ReportJson`].
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(ReportJson).to_value()
}

fn decision_word(summary: &Summary<'_>, situation: &Situation<'_>) -> DecisionWord {
    match situation {
        Situation::NotSeenYet | Situation::WarmingUp | Situation::Watching => {
            DecisionWord::KeepWatching
        }
        Situation::Reacted(decision) => DecisionWord::from(&decision.verb),
        Situation::CannotSee => match situation::last_decision(summary, Verb::Page)
            .or_else(|| situation::last_decision(summary, Verb::Ticket))
        {
            Some(decision) => DecisionWord::from(&decision.verb),
            None => DecisionWord::KeepWatching,
        },
        Situation::Held(_) => DecisionWord::Hold,
        Situation::Review(_) => DecisionWord::Review,
        Situation::Confirmed(_) => DecisionWord::Confirm,
        _ => DecisionWord::RollBack,
    }
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

fn row_name(summary: &Summary<'_>, id: RowId) -> String {
    let row = summary
        .rows
        .iter()
        .find(|row| row.verdict.row == id)
        .map(|row| row.name.clone());
    let criterion = || {
        summary
            .plan
            .criteria
            .get(usize::from(id.criterion))
            .map(|criterion| criterion.name.clone())
    };
    row.or_else(criterion).unwrap_or_default()
}

fn decisions(summary: &Summary<'_>) -> Vec<DecisionJson> {
    let human = |by: &By| match by {
        By::Human { name, reason } => (Some(name.clone()), Some(reason.clone())),
        _ => (None, None),
    };
    summary
        .decisions
        .iter()
        .map(|decision| {
            let (name, reason) = human(&decision.authority);
            DecisionJson {
                decision: DecisionWord::from(&decision.verb),
                at: rfc3339(decision.at),
                effective_at: decision.effective_at.map(rfc3339),
                rows: decision
                    .rows
                    .iter()
                    .map(|id| row_name(summary, *id))
                    .collect(),
                authority: AuthorityWord::from(&decision.authority),
                name,
                reason,
                instead: decision.instead.as_ref().map(InsteadWord::from),
                sentence: decision_sentence(summary, decision),
            }
        })
        .collect()
}

fn actions(summary: &Summary<'_>) -> Vec<ActionJson> {
    summary
        .actions
        .iter()
        .map(|action| ActionJson {
            id: action.intent.id.0,
            generation: action.intent.generation,
            reaction: ReactionWord::from(&action.intent.reaction),
            run: action.intent.run.clone(),
            target: action.intent.target.clone(),
            ordered_at: rfc3339(action.intent.at),
            deadline_at: rfc3339(action.intent.deadline),
            outcome: action.outcome.as_ref().map(|outcome| OutcomeJson {
                result: OutcomeWord::from(&outcome.result),
                at: rfc3339(outcome.at),
                took_ms: millis(outcome.took),
                detail: outcome.detail.clone(),
            }),
        })
        .collect()
}

fn recovery(summary: &Summary<'_>) -> Option<RecoveryJson> {
    let report = summary.recovery.as_ref()?;
    Some(RecoveryJson {
        recovered: report.recovered,
        at: rfc3339(report.at),
        canary_share: finite(report.canary_share),
        rows: report
            .rows
            .iter()
            .map(|row| RecoveryRowJson {
                name: row_name(summary, row.row),
                before: number(row.before),
                limit: number(row.limit),
                after: finite(row.after),
                ln_evidence: number(row.ln_evidence),
                ln_needed: number(row.ln_needed),
            })
            .collect(),
    })
}
