//! What is promised before the watch is what the watch then does.

use statistics::required::{
    information_of_harm, information_of_safety, smallest_confirmable, smallest_detectable,
    trials_to_confirm, trials_to_harm,
};
use statistics::{Design, Harm, Margin, Safety, Starts, Worse};

use crate::chance::Chance;
use crate::terms::{difference, ideal, pair, ratio};

const LN_HARM: f64 = 4.605_170_185_988_092;
const LN_SAFETY: f64 = 2.995_732_273_553_991;

/// 1 % to 2 % at 5 % of the traffic: the limit of any test is 25 129 requests of both sides for two Bernoulli samples; the
/// split of events, all that a ratio uses, holds a little less.
#[test]
fn the_limit_of_any_test_is_walds() {
    let bernoulli = |p: f64, q: f64| p * (p / q).ln() + (1.0 - p) * ((1.0 - p) / (1.0 - q)).ln();
    let pooled = 0.05 * 0.02 + 0.95 * 0.01;
    let exact = 0.05 * bernoulli(0.02, pooled) + 0.95 * bernoulli(0.01, pooled);
    assert!((LN_HARM / exact - 25_129.0).abs() < 1.0);
    let ours = information_of_harm(0.01, 0.02, 0.05, &ratio(1.0));
    assert!(ours < exact && ours > 0.98 * exact, "{ours} {exact}");
    let tiny = information_of_harm(0.01, 0.02, 0.05, &difference(1e-9));
    assert!((tiny / exact - 1.0).abs() < 1e-6, "{tiny} {exact}");
    let tempered = Design {
        dispersion: 3.0,
        ..ratio(1.0)
    };
    assert!((information_of_harm(0.01, 0.02, 0.05, &tempered) * 3.0 / ours - 1.0).abs() < 1e-12);
    assert_eq!(information_of_harm(0.01, 0.0105, 0.05, &ratio(1.1)), 0.0);
    assert_eq!(information_of_safety(0.01, 0.012, 0.05, &ratio(1.1)), 0.0);
}

/// Mean trials of simulated watches against the forecast and against the limit of any test.
#[test]
fn watches_take_as_long_as_forecast() {
    for (design, p0, p1) in [
        (ratio(1.0), 0.01, 0.02),
        (difference(0.005), 0.01, 0.03),
        (difference(0.02), 0.0, 0.075),
    ] {
        let design = Design {
            starts: Starts::over(400),
            expected_rate: (p0 > 0.0).then_some(p0),
            ..design
        };
        let forecast = trials_to_harm(p0, p1, 0.1, &design, LN_HARM);
        let limit = LN_HARM / information_of_harm(p0, p1, 0.1, &design);
        let n1 = ((forecast / 1000.0) as u64).max(1);
        let runs = 60;
        let mut total = 0;
        for seed in 0..runs {
            let mut chance = Chance::new(seed + 1);
            let mut harm = Harm::new(&design);
            while harm.ln_e() < LN_HARM {
                harm.update(&pair(
                    (chance.successes(n1, p1), n1),
                    (chance.successes(9 * n1, p0), 9 * n1),
                ));
                total += 10 * n1;
            }
        }
        let mean = total as f64 / runs as f64;
        assert!(
            mean < 1.35 * forecast && mean > 0.75 * forecast,
            "{mean}, forecast {forecast} ({design:?})"
        );
        assert!(
            mean < 1.9 * limit && forecast > limit,
            "{mean}, limit {limit} ({design:?})"
        );
    }
}

#[test]
fn confirmation_takes_as_long_as_forecast() {
    for design in [ratio(1.5), difference(0.01)] {
        let forecast = trials_to_confirm(0.02, 0.1, &design, LN_SAFETY).unwrap();
        let limit = LN_SAFETY / information_of_safety(0.02, 0.02, 0.1, &design);
        let n1 = ((forecast / 2000.0) as u64).max(1);
        let mut total = 0;
        for seed in 0..60 {
            let mut chance = Chance::new(seed + 1);
            let mut safety = Safety::new(&design);
            while safety.ln_e() < LN_SAFETY {
                safety.update(&pair(
                    (chance.successes(n1, 0.02), n1),
                    (chance.successes(9 * n1, 0.02), 9 * n1),
                ));
                total += 10 * n1;
            }
        }
        let mean = total as f64 / 60.0;
        assert!(
            mean < 1.3 * forecast && mean > 0.7 * forecast,
            "{mean}, forecast {forecast} ({design:?})"
        );
        assert!(mean < 1.4 * limit, "{mean}, limit {limit} ({design:?})");
    }
}

#[test]
fn an_error_free_baseline_confirms_an_absolute_limit_only() {
    assert!(trials_to_confirm(0.0, 0.1, &difference(0.02), LN_SAFETY).unwrap() < 5000.0);
    assert_eq!(trials_to_confirm(0.0, 0.1, &ratio(1.5), LN_SAFETY), None);
}

#[test]
fn an_allowance_past_the_limit_never_confirms() {
    let design = Design {
        pod_allowance: 0.2,
        ..ratio(1.1)
    };
    assert_eq!(trials_to_confirm(0.02, 0.1, &design, LN_SAFETY), None);
    let wide = smallest_confirmable(0.02, 0.1, 1e9, &design, LN_SAFETY).unwrap();
    assert!(wide > f64::exp(0.2) && wide < 1.25, "{wide}");
    assert_eq!(
        trials_to_harm(0.02, 0.024, 0.1, &design, LN_HARM),
        f64::INFINITY
    );
}

#[test]
fn the_smallest_effects_are_where_the_trials_run_out() {
    for design in [
        ratio(1.1),
        difference(0.005),
        ideal(Margin::ratio(0.9).unwrap(), Worse::Lower),
        ideal(Margin::difference(0.005).unwrap(), Worse::Lower),
    ] {
        let trials = 200_000.0;
        let smallest = smallest_detectable(0.05, 0.1, trials, &design, LN_HARM).unwrap();
        let rate = match (design.margin.is_absolute(), design.worse) {
            (false, _) => 0.05 * smallest,
            (true, Worse::Higher) => 0.05 + smallest,
            (true, Worse::Lower) => 0.05 - smallest,
        };
        let needed = trials_to_harm(0.05, rate, 0.1, &design, LN_HARM);
        assert!(
            (needed / trials - 1.0).abs() < 1e-3,
            "{needed} for {design:?}"
        );
        let limit = smallest_confirmable(0.05, 0.1, trials, &design, LN_SAFETY).unwrap();
        let margin = if design.margin.is_absolute() {
            Margin::difference(limit)
        } else {
            Margin::ratio(limit)
        };
        let design = Design {
            margin: margin.unwrap(),
            ..design
        };
        let needed = trials_to_confirm(0.05, 0.1, &design, LN_SAFETY).unwrap();
        assert!(
            (needed / trials - 1.0).abs() < 1e-3,
            "{needed} for {design:?}"
        );
    }
    assert_eq!(
        smallest_detectable(0.05, 0.1, 3.0, &ratio(1.1), LN_HARM),
        None
    );
}

#[test]
fn impossible_questions_have_no_answer() {
    for (base, share) in [
        (f64::NAN, 0.1),
        (-0.1, 0.1),
        (0.1, 0.0),
        (0.1, 1.0),
        (0.1, f64::NAN),
    ] {
        assert_eq!(information_of_harm(base, 0.2, share, &ratio(1.1)), 0.0);
        assert_eq!(
            trials_to_harm(base, 0.2, share, &ratio(1.1), LN_HARM),
            f64::INFINITY
        );
        assert_eq!(trials_to_confirm(base, share, &ratio(1.5), LN_SAFETY), None);
        assert_eq!(
            smallest_detectable(base, share, 1e6, &ratio(1.1), LN_HARM),
            None
        );
        assert_eq!(
            smallest_confirmable(base, share, 1e6, &ratio(1.1), LN_SAFETY),
            None
        );
    }
}
