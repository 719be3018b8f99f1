//! Agreement with independent implementations; `tests/reference/generate.py` made the table.

use serde_json::Value;
use statistics::{Design, Harm, normal_quantile_upper, share_mismatch_ln_e};

use crate::terms::{difference, pair, ratio};

fn table(name: &str) -> Vec<Value> {
    let values: Value = serde_json::from_str(include_str!("../reference/values.json")).unwrap();
    let rows = values[name].as_array().unwrap().clone();
    assert!(!rows.is_empty());
    rows
}

fn number(row: &Value, field: &str) -> f64 {
    row[field].as_f64().unwrap()
}

fn count(row: &Value, field: &str) -> u64 {
    row[field].as_u64().unwrap()
}

fn close(ours: f64, theirs: f64, tolerance: f64, row: &Value) {
    assert!(
        (ours - theirs).abs() <= tolerance * (1.0 + theirs.abs()),
        "{ours} for {row}"
    );
}

#[test]
fn share_mismatch_agrees_with_savvi() {
    for row in table("share_mismatch") {
        let ours = share_mismatch_ln_e(
            number(&row, "canary"),
            number(&row, "baseline"),
            number(&row, "share"),
            number(&row, "kappa"),
            1.0,
        );
        close(ours, number(&row, "ln_e"), 1e-9, &row);
    }
}

#[test]
fn normal_quantiles_agree_with_scipy() {
    for row in table("normal_quantile_upper") {
        close(
            normal_quantile_upper(number(&row, "p")),
            number(&row, "z"),
            1e-12,
            &row,
        );
    }
    assert_eq!(normal_quantile_upper(0.0), f64::INFINITY);
    assert_eq!(normal_quantile_upper(f64::NAN), f64::INFINITY);
    assert_eq!(normal_quantile_upper(1.0), f64::NEG_INFINITY);
}

#[test]
fn the_ratio_form_agrees_with_binomial_likelihoods() {
    for row in table("split") {
        let mut harm = Harm::new(&ratio(number(&row, "ratio")));
        harm.update(&pair(
            (count(&row, "k1"), count(&row, "n1")),
            (count(&row, "k0"), count(&row, "n0")),
        ));
        close(harm.ln_e(), number(&row, "ln_e"), 1e-10, &row);
    }
}

#[test]
fn the_absolute_form_agrees_with_a_numerical_projection() {
    for row in table("block") {
        let design = Design {
            expected_rate: Some(number(&row, "rate")),
            ..difference(number(&row, "difference"))
        };
        let mut harm = Harm::new(&design);
        harm.update(&pair(
            (count(&row, "k1"), count(&row, "n1")),
            (count(&row, "k0"), count(&row, "n0")),
        ));
        close(harm.ln_e(), number(&row, "ln_e"), 1e-7, &row);
    }
}
