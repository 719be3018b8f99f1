//! The first three lines of every view: what, how bad, what next.

use crate::cells;
use crate::clock::{Clock, span};
use crate::frame::Frame;
use crate::how_bad;
use crate::share;
use crate::situation::{self, Situation};
use crate::text::Colour;
use crate::what_next;
use verification::summary::Summary;

/// The first three lines before they are laid out, safe to show.
#[derive(Clone, Debug)]
pub(crate) struct Headline {
    /// The decision.
    pub(crate) word: &'static str,
    /// The human behind it.
    pub(crate) by: Option<String>,
    /// `checkout 4.18.0 (canary 10%) vs 4.17.3`
    pub(crate) subject: String,
    /// `watched 11m of 24h`
    pub(crate) watched: String,
    pub(crate) how_bad: String,
    pub(crate) what_next: String,
    pub(crate) colour: Option<Colour>,
}

impl Headline {
    pub(crate) fn of(summary: &Summary<'_>, frame: &Frame) -> Self {
        let situation = Situation::of(summary);
        let clock = Clock::of(summary, frame);
        Self {
            word: situation.word(),
            by: situation.by().map(cells::clean),
            subject: cells::clean(&subject(summary, frame)),
            watched: watched(summary, frame),
            how_bad: cells::clean(&how_bad::how_bad(summary, &situation, frame.glyphs, &clock)),
            what_next: cells::clean(&what_next::what_next(summary, &situation, frame, &clock)),
            colour: situation.colour(),
        }
    }

    /// `ROLL BACK` or `CONFIRMED by ada`.
    pub(crate) fn decision(&self) -> String {
        match &self.by {
            Some(by) => format!("{} by {by}", self.word),
            None => self.word.to_owned(),
        }
    }
}

/// `checkout 4.18.0 (canary 10%) vs 4.17.3`
fn subject(summary: &Summary<'_>, frame: &Frame) -> String {
    let share = match summary.canary_share {
        Some(share) if share >= 0.995 => " (all traffic)".to_owned(),
        Some(share) => format!(" (canary {})", share::percent(share, frame.glyphs)),
        None => String::new(),
    };
    let baseline = summary
        .versions
        .baseline
        .as_ref()
        .map_or_else(String::new, |version| format!(" vs {version}"));
    format!("{}{share}{baseline}", deployment(summary))
}

/// `checkout 4.18.0`
pub(crate) fn deployment(summary: &Summary<'_>) -> String {
    match &summary.versions.canary {
        Some(version) => format!("{} {version}", summary.plan.service),
        None => summary.plan.service.clone(),
    }
}

/// `watched 11m of 24h`
pub(crate) fn watched(summary: &Summary<'_>, frame: &Frame) -> String {
    let (watched, planned) = (
        span(situation::watched(summary, frame.now)),
        span(summary.plan.watch_for),
    );
    if watched == planned {
        format!("watched {watched}")
    } else {
        format!("watched {watched} of {planned}")
    }
}
