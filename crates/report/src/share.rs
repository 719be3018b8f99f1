//! Shares of a whole.

use crate::glyphs::Glyphs;
use crate::numbers::{self, Mark};

/// A share in [0, 1] as a percentage: `10%`, `0.35%`.
pub(crate) fn percent(share: f64, glyphs: Glyphs) -> String {
    if !share.is_finite() {
        return "-".to_owned();
    }
    let percent = share * 100.0;
    // Shares are told roughly; from 2 % on whole numbers do.
    let decimals = if percent.abs() >= 2.0 || percent == 0.0 {
        0
    } else {
        numbers::decimals_for(percent, 2)
    };
    let text =
        numbers::beside_limit(&[percent], Some(&Mark::written(100.0)), decimals, glyphs).concat();
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text}%")
}
