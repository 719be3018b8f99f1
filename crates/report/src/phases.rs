//! How long the reaction took.

use crate::clock::exact_span;
use crate::glyphs::Glyphs;
use verification::summary::Phases;

/// `detect 9.8 s · decide 0.0 s · execute 0.1 s · verify 4.2 s`; steps that did not happen are left out.
#[must_use]
pub fn phases_line(phases: &Phases, glyphs: Glyphs) -> String {
    let steps: Vec<String> = named(phases)
        .into_iter()
        .filter_map(|(name, length)| Some(format!("{name} {}", exact_span(length?))))
        .collect();
    if steps.is_empty() {
        return "nothing to react to".to_owned();
    }
    steps.join(&format!(" {} ", glyphs.dot()))
}

/// The steps with their names.
pub(crate) fn named(phases: &Phases) -> [(&'static str, Option<core::time::Duration>); 4] {
    [
        ("detect", phases.detect),
        ("decide", phases.decide),
        ("execute", phases.execute),
        ("verify", phases.verify),
    ]
}
