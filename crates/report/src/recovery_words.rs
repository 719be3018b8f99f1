//! One row of the proof of recovery in words.

use crate::glyphs::Glyphs;
use crate::numbers::{self, Mark};
use crate::phrase;
use crate::quantity::{Quantity, Scale};
use verification::recovery::RecoveryRow;
use verification::summary::Summary;
use verification::terms::{SignalKind, Worse};

/// What had to recover, with its numbers: each on its side of the limit.
#[derive(Clone, Debug)]
pub(crate) struct RecoveryWords {
    pub(crate) subject: String,
    pub(crate) before: String,
    /// `None` where nothing was seen.
    pub(crate) after: Option<String>,
    pub(crate) limit: String,
    /// `below` or `above`: where the service must be.
    pub(crate) side: &'static str,
}

impl RecoveryWords {
    /// `None` where the row names no criterion of the plan.
    pub(crate) fn of(summary: &Summary<'_>, row: &RecoveryRow, glyphs: Glyphs) -> Option<Self> {
        let quantity = Quantity::of(summary.plan, row.row)?;
        let named = summary
            .rows
            .iter()
            .find(|other| other.verdict.row == row.row);
        let slice = named.and_then(|other| phrase::slice_of(&quantity, &other.name));
        let subject = phrase::subject(&quantity, slice);
        // A latency is proven by the share of requests above its threshold.
        let slow = matches!(quantity.signal.kind, SignalKind::Histogram { .. });
        let (subject, scale) = if slow {
            (
                format!("requests past the threshold of {subject}"),
                Scale::PERCENT,
            )
        } else {
            (subject, quantity.level_scale(row.limit))
        };
        let mark = Mark::computed(row.limit * scale.factor);
        let shown = |value: f64| {
            if !value.is_finite() {
                return "-".to_owned();
            }
            let scaled = value * scale.factor;
            let decimals = numbers::level_decimals(scaled);
            format!(
                "{}{}",
                numbers::beside_limit(&[scaled], Some(&mark), decimals, glyphs).concat(),
                scale.unit
            )
        };
        Some(Self {
            subject,
            before: shown(row.before),
            after: row.after.filter(|after| after.is_finite()).map(shown),
            limit: format!("{}{}", mark.text(glyphs), scale.unit),
            side: match quantity.worse() {
                Worse::Higher => "below",
                Worse::Lower => "above",
            },
        })
    }
}
