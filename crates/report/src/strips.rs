//! Range strips: the difference, its range and the limit as a small picture, worse to the right.

use crate::count::capitalised;
use crate::glyphs::Glyphs;
use crate::markdown::html;
use crate::phrase;
use crate::quantity::Quantity;
use verification::summary::{Row, Summary};

/// A strip and the sentence that says the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strip {
    /// An SVG element of 240 × 24 units; colours follow the text around it.
    pub svg: String,
    /// The same in one sentence.
    pub text: String,
}

const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 24.0;
/// Free space at both ends.
const EDGE: f64 = 6.0;
/// The limit stands here, so that strips below each other can be compared at a glance.
const LIMIT_AT: f64 = 150.0;
/// Zero stands here, unless what is shown needs a wider scale.
const ZERO_AT: f64 = 90.0;

/// The strip of a row: zero as a thin line, the limit dotted at the same place in every strip, the zone past it tinted, the
/// range as a bar, the estimate as a dot. Open ends are drawn as arrows. `None` for rows without a
/// difference, and for absolute criteria.
#[must_use]
pub fn strip(summary: &Summary<'_>, row: &Row) -> Option<Strip> {
    let quantity = Quantity::of(summary.plan, row.verdict.row)?;
    let numbers = &row.verdict.numbers;
    let limit = quantity.limit().filter(|limit| limit.is_finite())?;
    let estimate = quantity.difference(numbers);
    let range = quantity.range(numbers);
    if estimate.is_none() && range.is_none() {
        return None;
    }
    let place = Place::new(limit, estimate, range);
    let words = phrase::difference(&quantity, numbers, Glyphs::Unicode)?;
    let subject = phrase::subject(&quantity, phrase::slice_of(&quantity, &row.name));
    let text = format!(
        "{}: {words}; {}.",
        capitalised(&subject),
        row.verdict.kind.word()
    );
    Some(Strip {
        svg: svg(&place, limit, estimate, range, &text),
        text,
    })
}

/// Where values stand: the limit has a fixed place, the scale is linear and fits all that is shown.
struct Place {
    limit: f64,
    per_unit: f64,
}

impl Place {
    fn new(limit: f64, estimate: Option<f64>, range: Option<(f64, f64)>) -> Self {
        let ends = range.map_or([None, None], |(low, high)| [Some(low), Some(high)]);
        let shown = ends
            .into_iter()
            .chain([estimate, Some(0.0)])
            .flatten()
            .filter(|value| value.is_finite());
        // Free columns on each side of the limit over the distance that must fit there.
        let scale = shown
            .map(|value| value - limit)
            .filter(|distance| *distance != 0.0 && distance.is_finite())
            .map(|distance| {
                if distance > 0.0 {
                    (WIDTH - EDGE - LIMIT_AT) / distance
                } else {
                    (EDGE - LIMIT_AT) / distance
                }
            })
            .fold(f64::INFINITY, f64::min);
        let usual = if limit > 0.0 {
            (LIMIT_AT - ZERO_AT) / limit
        } else {
            f64::INFINITY
        };
        let per_unit = scale.min(usual);
        Self {
            limit,
            per_unit: if per_unit.is_finite() { per_unit } else { 1.0 },
        }
    }

    /// The place of a value, and whether it lies beyond the picture.
    fn of(&self, value: f64) -> (f64, bool) {
        let at = LIMIT_AT + (value - self.limit) * self.per_unit;
        if at.is_nan() {
            return (LIMIT_AT, false);
        }
        let inside = at.clamp(EDGE, WIDTH - EDGE);
        // A rounding error is no reason for an arrow.
        (inside, (at - inside).abs() > 0.1)
    }
}

fn svg(
    place: &Place,
    limit: f64,
    estimate: Option<f64>,
    range: Option<(f64, f64)>,
    text: &str,
) -> String {
    let middle = HEIGHT / 2.0;
    let (limit_at, _) = place.of(limit);
    let (zero_at, _) = place.of(0.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" aria-label=\"{label}\">\
         <title>{label}</title>\
         <rect x=\"{limit_at:.1}\" y=\"2\" width=\"{zone:.1}\" height=\"20\" fill=\"#c2410c\" fill-opacity=\"0.18\"/>\
         <line x1=\"{zero_at:.1}\" y1=\"2\" x2=\"{zero_at:.1}\" y2=\"22\" stroke=\"currentColor\" stroke-opacity=\"0.6\"/>\
         <line x1=\"{limit_at:.1}\" y1=\"2\" x2=\"{limit_at:.1}\" y2=\"22\" stroke=\"#c2410c\" stroke-width=\"2\" stroke-dasharray=\"3 3\"/>",
        label = html(text),
        zone = WIDTH - limit_at,
    );
    if let Some((low, high)) = range {
        let ((from, cut_low), (to, cut_high)) = (place.of(low), place.of(high));
        out.push_str(&format!(
            "<line x1=\"{from:.1}\" y1=\"{middle}\" x2=\"{to:.1}\" y2=\"{middle}\" stroke=\"currentColor\" stroke-width=\"4\"/>"
        ));
        if cut_low {
            out.push_str(&arrow(from, -1.0));
        }
        if cut_high {
            out.push_str(&arrow(to, 1.0));
        }
    }
    if let Some(estimate) = estimate {
        let (at, cut) = place.of(estimate);
        if cut && range.is_none() {
            out.push_str(&arrow(at, if estimate > limit { 1.0 } else { -1.0 }));
        } else {
            out.push_str(&format!(
                "<circle cx=\"{at:.1}\" cy=\"{middle}\" r=\"5\" fill=\"currentColor\"/>"
            ));
        }
    }
    out.push_str("</svg>");
    out
}

/// A point that leaves the picture.
fn arrow(at: f64, direction: f64) -> String {
    let middle = HEIGHT / 2.0;
    let tip = at + direction * (EDGE - 1.0);
    format!(
        "<path d=\"M{tip:.1} {middle} L{at:.1} {above:.1} L{at:.1} {below:.1} Z\" fill=\"currentColor\"/>",
        above = middle - 5.0,
        below = middle + 5.0
    )
}
