//! The verdict screen of every state.

use crate::{plans, watches};
use jiff::tz::TimeZone;
use report::{Chain, Frame, Glyphs, verdict_screen};
use verification::summary::Summary;

pub fn frame(summary: &Summary<'_>) -> Frame {
    Frame {
        last_record: Some(1182),
        chain: Chain::Intact,
        ..Frame::new(summary.at, TimeZone::UTC, "W7")
    }
}

/// The screen of every watch, one below the other.
fn screens(change: impl Fn(&mut Frame)) -> String {
    let plan = plans::checkout();
    let mut out = String::new();
    for (name, summary) in watches::all(&plan) {
        let mut frame = frame(&summary);
        change(&mut frame);
        out.push_str(&format!(
            "═══ {name}\n{}\n",
            verdict_screen(&summary, &frame).render(&frame)
        ));
    }
    out
}

#[test]
fn at_80_columns() {
    insta::assert_snapshot!(screens(|_| {}));
}

#[test]
fn at_80_columns_in_ascii_and_live() {
    insta::assert_snapshot!(screens(|frame| {
        frame.glyphs = Glyphs::Ascii;
        frame.live = true;
    }));
}

#[test]
fn at_60_columns() {
    insta::assert_snapshot!(screens(|frame| frame.width = 60));
}

#[test]
fn at_40_columns() {
    insta::assert_snapshot!(screens(|frame| frame.width = 40));
}

#[test]
fn at_120_columns_unfolded() {
    insta::assert_snapshot!(screens(|frame| {
        frame.width = 120;
        frame.all = true;
    }));
}

#[test]
fn in_colour() {
    insta::assert_snapshot!(screens(|frame| frame.colour = true));
}
