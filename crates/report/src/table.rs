//! The table of verdicts on a terminal: columns where they fit, cards where they do not.

use crate::cells;
use crate::count;
use crate::frame::Frame;
use crate::row_view::RowView;
use crate::text::{Line, Text};
use verification::verdict::VerdictKind;

/// Rows of one verdict that are shown before the rest is folded into a line.
const SHOWN: [(VerdictKind, usize); 5] = [
    (VerdictKind::Failing, 6),
    (VerdictKind::Undecided, 4),
    (VerdictKind::NoData, 3),
    (VerdictKind::NotComparable, 3),
    (VerdictKind::Within, 0),
];
/// Lines that a folded list of names may take.
const FOLDED_LINES: usize = 2;
/// Narrowest useful column of names; below it rows become cards.
const NARROWEST_NAME: usize = 16;
/// Columns before the verdict: a space, the glyph, two spaces.
const MARGIN: usize = 4;
/// From this width on the table says what follows from each row.
const WIDE: usize = 110;

/// One verdict's rows: those shown and the names of those folded.
struct Group<'rows> {
    shown: Vec<&'rows RowView>,
    folded: Vec<&'rows RowView>,
    /// The reason that the folded rows share.
    note: Option<String>,
}

/// Appends the table. `coloured` says which verdicts take the colour.
pub(crate) fn table(
    text: &mut Text,
    rows: &[RowView],
    frame: &Frame,
    coloured: impl Fn(VerdictKind) -> bool,
) {
    let groups: Vec<Group<'_>> = SHOWN
        .iter()
        .map(|(kind, most)| group(rows, *kind, if frame.all { usize::MAX } else { *most }))
        .collect();
    let shown: Vec<&RowView> = groups
        .iter()
        .flat_map(|group| group.shown.iter().copied())
        .collect();
    let word = rows
        .iter()
        .map(|row| cells::width(&row.word))
        .max()
        .unwrap_or(0)
        .max(9);
    let layout = Layout::new(&shown, word, frame.columns());
    if let (Some(layout), false) = (&layout, shown.is_empty()) {
        layout.heading(text);
    }
    for group in &groups {
        for row in &group.shown {
            match &layout {
                Some(layout) => layout.row(text, row, coloured(row.kind)),
                None => card(text, row, frame.columns(), coloured(row.kind)),
            }
        }
        let more = !group.shown.is_empty() || rows.len() > group.folded.len();
        fold(text, group, more, word, frame, &coloured);
    }
}

fn group(rows: &[RowView], kind: VerdictKind, most: usize) -> Group<'_> {
    let of_kind: Vec<&RowView> = rows.iter().filter(|row| row.kind == kind).collect();
    // One more row takes no more room than a line that says "1 more".
    let most = if most > 0 && of_kind.len() == most.saturating_add(1) {
        of_kind.len()
    } else {
        most
    };
    // Rows without numbers that all have the same reason are one finding.
    let same = of_kind.len() > 1
        && most < usize::MAX
        && of_kind
            .iter()
            .all(|row| !row.has_numbers() && row.note == of_kind[0].note);
    let (shown, folded) = of_kind.split_at(if same { 0 } else { of_kind.len().min(most) });
    Group {
        shown: shown.to_vec(),
        note: if same { of_kind[0].note.clone() } else { None },
        folded: folded.to_vec(),
    }
}

/// ` v  WITHIN     5 more: collapse, p99 doubling, orders, backlog, new errors`
fn fold(
    text: &mut Text,
    group: &Group<'_>,
    more: bool,
    word: usize,
    frame: &Frame,
    coloured: &impl Fn(VerdictKind) -> bool,
) {
    let Some(first) = group.folded.first() else {
        return;
    };
    let names: Vec<&str> = group.folded.iter().map(|row| row.name.as_str()).collect();
    let number = count::number(names.len());
    let start = match (more, number) {
        (true, _) => format!("{} more: ", count::grouped(number)),
        (false, 1) => String::new(),
        (false, _) => format!("all {}: ", count::grouped(number)),
    };
    let indent = if frame.columns() >= 50 {
        MARGIN + word + 2
    } else {
        MARGIN
    };
    let room = frame.columns().saturating_sub(indent);
    let narrow = indent == MARGIN;
    let lines = (1..=names.len())
        .rev()
        .map(|most| {
            cells::wrap(
                &cells::clean(&format!("{start}{}", shortened(&names, most))),
                room,
            )
        })
        .find(|lines| lines.len() <= FOLDED_LINES || frame.all)
        .unwrap_or_else(|| {
            vec![cells::fit(
                &cells::clean(&format!("{start}{}", names.concat())),
                room,
                frame.glyphs,
            )]
        });
    let mut head =
        Line::plain(format!(" {}  ", first.glyph)).then_coloured(&first.word, coloured(first.kind));
    if narrow {
        text.push(std::mem::take(&mut head));
    }
    for (at, line) in lines.iter().enumerate() {
        let before = if at > 0 || narrow {
            Line::plain(" ".repeat(indent))
        } else {
            let used = head.width();
            std::mem::take(&mut head).then(" ".repeat(indent.saturating_sub(used)))
        };
        text.push(before.then(line));
    }
    for line in group
        .note
        .iter()
        .flat_map(|note| cells::wrap(&cells::clean(note), room))
    {
        text.push(Line::plain(format!("{}{line}", " ".repeat(indent))));
    }
}

fn shortened(names: &[&str], most: usize) -> String {
    if names.len() <= most {
        return names.join(", ");
    }
    let shown: Vec<&str> = names.iter().take(most).copied().collect();
    format!("{} and {} more", shown.join(", "), names.len() - most)
}

/// Widths of the columns.
struct Layout {
    word: usize,
    name: usize,
    baseline: usize,
    canary: usize,
    difference: usize,
    limit: usize,
    then: Option<usize>,
    columns: usize,
}

impl Layout {
    /// `None` where the columns leave too little room for the names.
    fn new(rows: &[&RowView], word: usize, columns: usize) -> Option<Self> {
        let widest = |cell: fn(&RowView) -> &str, heading: &str| {
            rows.iter()
                .map(|row| cells::width(cell(row)))
                .max()
                .unwrap_or(0)
                .max(heading.len())
        };
        let mut layout = Self {
            word,
            name: 0,
            baseline: widest(|row| &row.baseline, BASELINE),
            canary: widest(|row| &row.canary, CANARY),
            difference: widest(|row| &row.difference, DIFFERENCE),
            limit: widest(|row| &row.limit, LIMIT),
            then: (columns >= WIDE).then(|| widest(|row| &row.then, THEN)),
            columns,
        };
        let mut room = columns.checked_sub(layout.without_name())?;
        if room < NARROWEST_NAME && layout.then.take().is_some() {
            room = columns.checked_sub(layout.without_name())?;
        }
        if room < NARROWEST_NAME {
            return None;
        }
        layout.name = room.min(widest(|row| &row.name, CRITERION).max(22));
        Some(layout)
    }

    /// Columns that everything but the names takes, gaps included.
    fn without_name(&self) -> usize {
        let then = self.then.map_or(0, |then| then + 2);
        MARGIN
            + self.word
            + 2
            + 2
            + self.baseline
            + 2
            + self.canary
            + 2
            + self.difference
            + 2
            + self.limit
            + then
    }

    fn line(
        &self,
        glyph: &str,
        word: &str,
        coloured: bool,
        [name, baseline, canary, difference, limit, then]: [&str; 6],
    ) -> Line {
        let then = if self.then.is_some() {
            format!("  {then}")
        } else {
            String::new()
        };
        Line::plain(format!(" {glyph}  "))
            .then_coloured(word, coloured)
            .then(" ".repeat((self.word + 2).saturating_sub(cells::width(word))))
            .then(format!(
                "{}  {}  {}  {}  {}{then}",
                cells::left(name, self.name),
                cells::right(baseline, self.baseline),
                cells::right(canary, self.canary),
                cells::left(difference, self.difference),
                cells::right(limit, self.limit),
            ))
    }

    fn heading(&self, text: &mut Text) {
        text.push(self.line(
            " ",
            VERDICT,
            false,
            [CRITERION, BASELINE, CANARY, DIFFERENCE, LIMIT, THEN],
        ));
    }

    /// What of a name stands in its column and what below it, where the whole width is free. A slice starts a line of its own.
    fn name_lines(&self, name: &str) -> (String, Vec<String>) {
        let name = cells::clean(name);
        if cells::width(&name) <= self.name {
            return (name, Vec::new());
        }
        let (criterion, slice) = match name.find(" / ") {
            Some(at) => (&name[..at], &name[at + 1..]),
            None => (name.as_str(), ""),
        };
        let lines = cells::wrap(criterion, self.name);
        let (first, rest) = lines
            .split_first()
            .map_or((String::new(), &[][..]), |(first, rest)| {
                (first.clone(), rest)
            });
        let room = self.columns.saturating_sub(MARGIN + self.word + 2);
        let mut below = if rest.is_empty() {
            Vec::new()
        } else {
            cells::wrap(&rest.join(" "), room)
        };
        if !slice.is_empty() {
            below.extend(cells::wrap(slice, room));
        }
        (first, below)
    }

    fn row(&self, text: &mut Text, row: &RowView, coloured: bool) {
        let indent = MARGIN + self.word + 2;
        let (first, rest) = self.name_lines(&row.name);
        text.push(self.line(
            row.glyph,
            &row.word,
            coloured,
            [
                &first,
                &row.baseline,
                &row.canary,
                &row.difference,
                &row.limit,
                &row.then,
            ],
        ));
        for name in rest {
            text.push(Line::plain(format!("{}{name}", " ".repeat(indent))));
        }
        if let Some(note) = &row.note {
            for line in cells::wrap(&cells::clean(note), self.columns.saturating_sub(indent)) {
                text.push(Line::plain(format!("{}{line}", " ".repeat(indent))));
            }
        }
    }
}

const VERDICT: &str = "VERDICT";
const CRITERION: &str = "CRITERION";
const BASELINE: &str = "BASELINE";
const CANARY: &str = "CANARY";
/// Positive is worse, whatever the metric's own direction.
const DIFFERENCE: &str = "WORSE BY";
const LIMIT: &str = "LIMIT";
const THEN: &str = "THEN";

/// A row on a narrow terminal.
fn card(text: &mut Text, row: &RowView, columns: usize, coloured: bool) {
    let room = columns.saturating_sub(MARGIN);
    let head = Line::plain(format!(" {}  ", row.glyph)).then_coloured(&row.word, coloured);
    let name = cells::clean(&row.name);
    if head.width() + 2 + cells::width(&name) <= columns {
        text.push(head.then(format!("  {name}")));
    } else {
        text.push(head);
        for line in cells::wrap(&name, room) {
            text.push(Line::plain(format!("    {line}")));
        }
    }
    let mut parts = Vec::new();
    if row.baseline != "-" || row.canary != "-" {
        parts.push(format!("baseline {}, canary {}", row.baseline, row.canary));
    }
    if row.difference != "-" {
        let difference = row.difference.trim_start_matches('+');
        parts.push(if row.difference.starts_with("range") {
            row.difference.clone()
        } else {
            format!("worse by {difference}")
        });
    }
    parts.push(format!("limit {}", row.limit));
    parts.extend(row.note.clone());
    for line in cells::wrap(&cells::clean(&parts.join("; ")), room) {
        text.push(Line::plain(format!("    {line}")));
    }
}
