//! `shakedown validate`: every problem at once, whether the selectors return data, the plan's own tests, what each limit can detect.

use crate::answer::{answer, answer_line, progress};
use crate::arguments::{Validate, ValidateOutput};
use crate::connections;
use crate::context::Context;
use crate::exit_reason::{Code, Done, Failure, chain};
use crate::offering;
use crate::plan_file;
use crate::showing::json;
use core::time::Duration;
use plan::{Problem, TestResult};
use serde_json::json as object;
use std::process::ExitCode;
use telemetry::{Reader, SelectorCheck};
use verification::detectability::{Detectability, Traffic, detectability};
use verification::observation::Side;
use verification::terms::{Criterion, Limit, Measure, Plan, Rule};

/// What was found out from the sources.
#[derive(Default)]
struct Asked {
    checks: Vec<SelectorCheck>,
    detectable: Vec<Option<Detectability>>,
    /// The gravest trouble with a source as a whole.
    source: Option<Code>,
}

/// Validates a plan.
pub async fn run(context: &Context, arguments: &Validate) -> Done {
    let path = &arguments.plan;
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::file("read the plan in", path, &error)
            .hint("`shakedown init` writes a first plan from what your metrics offer")
    })?;
    let name = path.display().to_string();
    let context = &context.for_plan(path);
    let loaded = connections::of_context(context)?;
    let parsed = plan::parse(&text, &name);
    let problems = plan_file::problems(&parsed, &loaded);
    let sound = !problems.iter().any(Problem::is_error);
    let mut tests = Vec::new();
    let mut asked = Asked::default();
    if let (true, Some(plan)) = (sound, &parsed.plan) {
        tests = plan::run_tests(plan);
        if !arguments.offline {
            asked = ask(context, plan, &loaded).await?;
        }
    }
    let failed_tests = tests.iter().filter(|test| !test.passed).count();
    let unjudgeable = asked
        .detectable
        .iter()
        .flatten()
        .filter(|found| found.cannot_be_judged())
        .count();
    match arguments.output {
        ValidateOutput::Sarif => answer_line!("{}", plan::sarif(&problems, &name))?,
        ValidateOutput::Json => answer_line!(
            "{}",
            json(&as_json(&problems, &tests, &asked, parsed.plan.as_ref()))?
        )?,
        ValidateOutput::Text => {
            answer!("{}", plan_file::rendered(context, &problems, &text, &name))?;
            if !sound && let Some(hint) = plan_file::no_connections(&loaded) {
                progress!("hint: {hint}");
            }
            if let Some(plan) = &parsed.plan {
                print_tests(&tests)?;
                print_checks(&asked, plan)?;
                print_detectable(&asked, plan)?;
            }
        }
    }
    if !sound
        || failed_tests > 0
        || unjudgeable > 0
        || (arguments.deny_warnings && !problems.is_empty())
    {
        return Ok(ExitCode::from(Code::PlanInvalid as u8));
    }
    // A canary that is not there before its deploy is no fault of the plan.
    if asked
        .checks
        .iter()
        .any(|check| check.problem.is_some() && check.side == Side::Baseline)
    {
        let code = asked.source.unwrap_or(Code::PlanInvalid);
        return Ok(ExitCode::from(code as u8));
    }
    Ok(ExitCode::SUCCESS)
}

async fn ask(
    context: &Context,
    plan: &Plan,
    loaded: &connections::Loaded,
) -> Result<Asked, Failure> {
    let resolved = server::connections::resolve(plan, &loaded.connections, &loaded.folder)
        .map_err(|error| Failure::new(Code::PlanInvalid, chain(&error)))?;
    let mut reader = Reader::new(plan, &resolved.sources, None)
        .map_err(|error| Failure::new(Code::PlanInvalid, chain(&error)))?;
    let checks = reader.check(context.now()).await;
    let source = if checks.iter().any(|check| check.problem.is_some()) {
        let clocks = reader.clock_skew(context.now()).await;
        clocks
            .iter()
            .filter_map(|clock| clock.ahead.as_ref().err())
            .filter_map(offering::of_whole_source)
            .max_by_key(|code| *code as u8)
    } else {
        None
    };
    let detectable = plan
        .criteria
        .iter()
        .map(|criterion| {
            let of = |side: Side| {
                checks
                    .iter()
                    .find(|check| check.signal == criterion.signal && check.side == side)
            };
            let baseline = of(Side::Baseline)?;
            let traffic = Traffic {
                canary_per_second: of(Side::Canary)
                    .and_then(|check| check.trials_per_second)
                    .filter(|rate| *rate > 0.0),
                baseline_per_second: baseline.trials_per_second?,
                baseline_rate: baseline
                    .events_per_second
                    .zip(baseline.trials_per_second)
                    .map(|(events, trials)| events / trials.max(f64::MIN_POSITIVE)),
                canary_pods: 1,
                baseline_pods: 1,
            };
            detectability(plan, criterion, &traffic)
        })
        .collect();
    Ok(Asked {
        checks,
        detectable,
        source,
    })
}

fn print_tests(tests: &[TestResult]) -> Result<(), Failure> {
    if tests.is_empty() {
        return Ok(());
    }
    answer_line!("Tests of the plan")?;
    for test in tests {
        answer_line!(
            "  {} {}: {}",
            if test.passed {
                "as expected "
            } else {
                "NOT expected"
            },
            test.name,
            test.message
        )?;
    }
    Ok(())
}

fn print_checks(asked: &Asked, plan: &Plan) -> Result<(), Failure> {
    if asked.checks.is_empty() {
        return Ok(());
    }
    answer_line!("Selectors")?;
    let place = |check: &SelectorCheck| {
        format!(
            "{} on the {} side",
            plan.signals[usize::from(check.signal)].name,
            check.side.word()
        )
    };
    // What is wrong with a source is wrong with all that is read from it: said once.
    let mut troubles: Vec<(&str, Vec<String>)> = Vec::new();
    for check in &asked.checks {
        let rate = check
            .trials_per_second
            .map_or_else(String::new, |rate| format!(", {rate:.1} a second"));
        match check.problem.as_deref() {
            None => answer_line!("  {}: {} series{rate}", place(check), check.series)?,
            Some(problem) => match troubles.iter_mut().find(|(known, _)| *known == problem) {
                Some((_, places)) => places.push(place(check)),
                None => troubles.push((problem, vec![place(check)])),
            },
        }
    }
    for (problem, places) in troubles {
        answer_line!("  NO DATA for {}: {problem}", places.join(", "))?;
    }
    Ok(())
}

fn print_detectable(asked: &Asked, plan: &Plan) -> Result<(), Failure> {
    if asked.detectable.iter().all(Option::is_none) {
        return Ok(());
    }
    answer_line!("What each limit can detect, from the traffic of now")?;
    for (criterion, found) in plan.criteria.iter().zip(&asked.detectable) {
        match found {
            Some(found) => answer_line!("  {}: {}", criterion.name, words(found, criterion))?,
            None => answer_line!("  {}: {}", criterion.name, unknown(criterion))?,
        }
    }
    Ok(())
}

/// Why nothing is said of what a criterion can detect.
const fn unknown(criterion: &Criterion) -> &'static str {
    match (criterion.rule, criterion.measure) {
        (_, Measure::Level) => "a level, judged reading by reading",
        (Rule::NeverAbove(_) | Rule::NeverBelow(_), _) => {
            "a fixed value, judged on the canary alone"
        }
        _ => "not known without traffic on the baseline side",
    }
}

/// What a criterion can detect and by when.
fn words(found: &Detectability, criterion: &Criterion) -> String {
    let amount = |value: f64| match (criterion.measure, criterion.rule) {
        (
            Measure::Rate,
            Rule::AgainstBaseline {
                limit: Limit::Points(_),
                ..
            },
        ) => format!("{:.2}pp", value * 100.0),
        (Measure::Quantile(_), _) => {
            format!("{:.1} times the usual share of slow requests", 1.0 + value)
        }
        _ => format!("{:.0}%", value * 100.0),
    };
    let time = |span: Option<Duration>| {
        span.map(|span| jiff::SignedDuration::from_secs(span.as_secs().max(1).cast_signed()))
    };
    let mut parts = Vec::new();
    match time(found.detects_twice_the_limit) {
        Some(span) => parts.push(format!(
            "damage of twice the limit is found in about {span:#}"
        )),
        None => parts.push("damage of twice the limit is not found within the watch".to_owned()),
    }
    if let Some(smallest) = found.smallest {
        parts.push(format!("by the end, from {} on", amount(smallest)));
    }
    match time(found.confirms) {
        Some(span) => parts.push(format!("its absence is shown in about {span:#}")),
        None => parts.push(match found.smallest_limit {
            Some(limit) => format!("CANNOT BE JUDGED before the watch ends: the smallest limit that can be is {}", amount(limit)),
            None => "CANNOT BE JUDGED before the watch ends: too little traffic, or too much noise, for any limit".to_owned(),
        }),
    }
    format!(
        "{} (canary taken as {:.0}% of the traffic)",
        parts.join("; "),
        found.share * 100.0
    )
}

fn as_json(
    problems: &[Problem],
    tests: &[TestResult],
    asked: &Asked,
    plan: Option<&Plan>,
) -> serde_json::Value {
    let criteria: Vec<serde_json::Value> = plan
        .map(|plan| {
            plan.criteria
                .iter()
                .zip(asked.detectable.iter().chain(std::iter::repeat(&None)))
                .map(|(criterion, found)| {
                    object!({
                        "criterion": criterion.name,
                        "smallest_detectable": found.as_ref().and_then(|found| found.smallest),
                        "detects_twice_the_limit_seconds": found.as_ref().and_then(|found| found.detects_twice_the_limit).map(|span| span.as_secs_f64()),
                        "confirms_seconds": found.as_ref().and_then(|found| found.confirms).map(|span| span.as_secs_f64()),
                        "cannot_be_judged": found.as_ref().map(Detectability::cannot_be_judged),
                    })
                })
                .collect()
        })
        .unwrap_or_default();
    object!({
        "schema_version": 1,
        "problems": problems.iter().map(|problem| object!({
            "code": problem.full_code(),
            "severity": if problem.is_error() { "error" } else { "warning" },
            "message": problem.message,
            "line": problem.line,
            "column": problem.column,
            "help": problem.help,
        })).collect::<Vec<_>>(),
        "tests": tests.iter().map(|test| object!({ "name": test.name, "as_expected": test.passed, "message": test.message })).collect::<Vec<_>>(),
        "selectors": asked.checks.iter().map(|check| object!({
            "signal": check.signal,
            "side": check.side.word(),
            "series": check.series,
            "trials_per_second": check.trials_per_second,
            "problem": check.problem,
        })).collect::<Vec<_>>(),
        "criteria": criteria,
    })
}
