//! The reference of plans and connections files, written from the tables that the decoder reads by.

use crate::connections::keys::CONNECTIONS;
use crate::decode::keys::{PLAN, REACTIONS};
use crate::problem::Code;
use crate::table::{Available, Key, Kinds, Shape, Table};
use core::fmt::Write;

/// The reference of all keys, values and problems as Markdown.
#[must_use]
pub fn plan_reference_markdown() -> String {
    let mut page = Page::default();
    page.out.push_str(
        "# Reference of plans and connections\n\n\
         <!-- Written by the tool from the tables that it reads plans by; changes belong there. -->\n\n\
         A plan says what is watched after a deploy, by which criteria, and who decides. The connections file says where metrics are read, \
         how production is changed and who hears of it. Both are YAML; anchors, tags and several documents in one file are not read. \
         `shakedown validate PLAN` finds every problem at once; `shakedown schema plan` prints the JSON Schema for editors.\n\n",
    );
    page.out.push_str("# Plan\n\n");
    page.table("plan", &PLAN);
    page.rest();
    page.out.push_str("# Connections file\n\n");
    page.table("connections", &CONNECTIONS);
    page.rest();
    page.values();
    page.problems();
    page.out
}

enum Section {
    Table(&'static str, &'static Table),
    Kinds(&'static str, &'static Kinds),
}

#[derive(Default)]
struct Page {
    out: String,
    waiting: Vec<Section>,
    written: Vec<&'static str>,
}

impl Page {
    fn rest(&mut self) {
        while !self.waiting.is_empty() {
            match self.waiting.remove(0) {
                Section::Table(path, table) => self.table(path, table),
                Section::Kinds(path, kinds) => self.kinds(path, kinds),
            }
        }
        self.written.clear();
    }

    fn table(&mut self, path: &str, table: &'static Table) {
        if self.written.contains(&table.name) {
            return;
        }
        self.written.push(table.name);
        self.heading(path, table.about);
        self.keys(table.keys.iter());
        if table.open {
            self.out
                .push_str("Further keys with texts or lists of texts are taken as they are.\n\n");
        }
    }

    fn kinds(&mut self, path: &str, kinds: &'static Kinds) {
        self.heading(path, kinds.about);
        self.keys(kinds.common.iter());
        for kind in kinds.kinds {
            let _ = writeln!(self.out, "### {path}: {}\n\n{}\n", kind.word, kind.about);
            self.keys(kind.keys.iter());
        }
        if !kinds.later.is_empty() {
            let later: Vec<String> = kinds.later.iter().map(|word| format!("`{word}`")).collect();
            let _ = writeln!(self.out, "Not available yet: {}.\n", later.join(", "));
        }
    }

    fn heading(&mut self, path: &str, about: &str) {
        let _ = writeln!(self.out, "## {path}\n\n{about}\n");
    }

    fn keys(&mut self, keys: impl Iterator<Item = &'static Key>) {
        self.out
            .push_str("| key | value | meaning | default |\n| --- | --- | --- | --- |\n");
        for key in keys {
            let about = match key.available {
                Available::Now => key.about.to_owned(),
                Available::LaterRefused => format!("Not available yet, refused. {}", key.about),
                Available::LaterIgnored => {
                    format!("Not available yet, has no effect. {}", key.about)
                }
                Available::InlineSecret => continue,
            };
            let default = match (key.required, key.default) {
                (true, _) => "needed",
                (false, Some(default)) => default,
                (false, None) => "",
            };
            let _ = writeln!(
                self.out,
                "| `{}` | {} | {} | {} |",
                key.name,
                cell(&value(key.shape)),
                cell(&about),
                cell(default)
            );
            match key.shape {
                Shape::Table(table) | Shape::List(table) | Shape::NamedLists(table) => {
                    self.waiting.push(Section::Table(key.name, table))
                }
                Shape::NamedKinds(kinds) => self.waiting.push(Section::Kinds(key.name, kinds)),
                _ => {}
            }
        }
        self.out.push('\n');
    }

    fn values(&mut self) {
        self.out
            .push_str("# Values\n\n| value | how it is written |\n| --- | --- |\n");
        for (what, how) in VALUES {
            let _ = writeln!(self.out, "| {what} | {} |", cell(how));
        }
        let _ = writeln!(
            self.out,
            "\nReactions, gravest first: {}.\n",
            REACTIONS.map(|word| format!("`{word}`")).join(", ")
        );
    }

    fn problems(&mut self) {
        self.out.push_str(
            "# Problems\n\nCodes begin with `plan::` or `connections::`. An error makes the file unusable, a warning does not.\n\n| code | meaning |\n| --- | --- |\n",
        );
        for code in Code::ALL {
            let _ = writeln!(self.out, "| `{}` | {} |", code.word(), cell(code.meaning()));
        }
    }
}

/// How values are written, for the words that the tables of keys use.
const VALUES: [(&str, &str); 9] = [
    (
        "time",
        "number and unit, from the longest unit to the shortest: `30s`, `5m`, `1h30m`, `2d` (`us`, `ms`, `s`, `m`, `h`, `d`, `w`)",
    ),
    ("percentage", "number and percent sign: `10%`, `0.5%`"),
    ("odds", "`1 in 100 watches`, `1 in 100` or a percentage"),
    (
        "limit",
        "sign, number and unit; the sign says the bad direction. `+0.5pp` is percentage points of a proportion, `+10%` and `-25%` are relative, `+40ms` is in the unit of a histogram, `+5` in that of a level",
    ),
    (
        "fixed value",
        "number and unit without a sign: `5%` (proportions), `500ms` or `64KiB` (histograms), a number (levels, counts)",
    ),
    (
        "selector",
        "a metric name with label matchers, as in Prometheus: `payments_total{result=\"error\"}`; no functions, no ranges",
    ),
    (
        "matchers",
        "label matchers with or without braces: `track=\"canary\",zone!=\"b\"`",
    ),
    (
        "samples",
        "`25 of 1000 a minute` (events and trials), `{50ms: 900, 1s: 90, inf: 10}` (latencies a minute by upper edge), a number (level), or `no data`",
    ),
    (
        "one or a list",
        "one value, or several in brackets: `[roll-back, page]`",
    ),
];

fn value(shape: Shape) -> String {
    match shape {
        Shape::Version => "`1`".to_owned(),
        Shape::Text => "text".to_owned(),
        Shape::Texts => "one or a list of texts".to_owned(),
        Shape::Flag => "`true` or `false`".to_owned(),
        Shape::Word(words) => words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", "),
        Shape::Duration => "time".to_owned(),
        Shape::Share => "percentage".to_owned(),
        Shape::Odds => "odds".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::Whole => "whole number".to_owned(),
        Shape::Limit => "limit".to_owned(),
        Shape::Value => "fixed value".to_owned(),
        Shape::Measure => "`rate`, `level`, `p99`".to_owned(),
        Shape::Selector => "selector".to_owned(),
        Shape::Matchers => "matchers".to_owned(),
        Shape::Query => "PromQL with `$side`".to_owned(),
        Shape::Url => "address".to_owned(),
        Shape::Path => "path".to_owned(),
        Shape::SocketAddress => "`unix:PATH` or `tcp:HOST:PORT`".to_owned(),
        Shape::Arguments => "list of texts, or one text for a shell".to_owned(),
        Shape::Reactions => "one or a list of reactions".to_owned(),
        Shape::Silence => "times with reactions".to_owned(),
        Shape::SideSamples => "samples".to_owned(),
        Shape::TextMap => "names with texts".to_owned(),
        Shape::Table(_) => "mapping, see below".to_owned(),
        Shape::List(_) => "list of mappings, see below".to_owned(),
        Shape::NamedLists(_) | Shape::NamedKinds(_) => "names with mappings, see below".to_owned(),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
