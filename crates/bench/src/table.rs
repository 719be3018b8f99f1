//! The table of one measurement, for people and for programs.

use serde_json::{Value, json};

use crate::machine::Machine;
use crate::spread::Spread;

/// One measurement's result.
#[derive(Debug, Clone)]
pub struct Section {
    /// What was measured and how, so that somebody else can repeat it.
    pub about: String,
    pub rows: Vec<Row>,
    /// What keeps the numbers from being better, in one or two sentences.
    pub limits: &'static str,
}

/// One number.
#[derive(Debug, Clone)]
pub struct Row {
    pub what: String,
    pub value: Spread,
    pub unit: &'static str,
    pub goal: Option<Goal>,
}

/// What the design promises, in the unit of the row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_reached(self, median: f64) -> bool {
        match self {
            Self::AtMost(limit) => median <= limit,
            Self::AtLeast(limit) => median >= limit,
        }
    }
}

impl Section {
    /// Returns the body of the section; the machine stands in each, as sections are replaced one by one.
    pub fn markdown(&self, machine: &Machine) -> String {
        let mut text = format!("{}\n\n*{}*\n\n", self.about.trim(), machine.line());
        text.push_str("| what | median | range | runs | goal | reached |\n");
        text.push_str("| --- | ---: | ---: | ---: | ---: | --- |\n");
        for row in &self.rows {
            text.push_str(&row.markdown());
        }
        text.push_str(&format!("\nWhat limits it: {}\n", self.limits.trim()));
        text
    }

    fn json(&self) -> Vec<Value> {
        self.rows.iter().map(Row::json).collect()
    }
}

impl Row {
    fn markdown(&self) -> String {
        let Spread {
            median,
            lowest,
            highest,
            runs,
        } = self.value;
        let range = if lowest == highest {
            String::new()
        } else {
            format!("{} to {}", figure(lowest), figure(highest))
        };
        let (goal, reached) = match self.goal {
            None => (String::new(), ""),
            Some(goal) => {
                let text = match goal {
                    Goal::AtMost(limit) => format!("at most {}", figure(limit)),
                    Goal::AtLeast(limit) => format!("at least {}", figure(limit)),
                };
                (
                    text,
                    if goal.is_reached(median) {
                        "yes"
                    } else {
                        "**no**"
                    },
                )
            }
        };
        format!(
            "| {} | {} {} | {range} | {runs} | {goal} | {reached} |\n",
            self.what,
            figure(median),
            self.unit
        )
    }

    fn json(&self) -> Value {
        let goal = self.goal.map(|goal| match goal {
            Goal::AtMost(limit) => json!({"at_most": limit}),
            Goal::AtLeast(limit) => json!({"at_least": limit}),
        });
        json!({
            "what": self.what,
            "unit": self.unit,
            "median": self.value.median,
            "lowest": self.value.lowest,
            "highest": self.value.highest,
            "runs": self.value.runs,
            "goal": goal,
            "reached": self.goal.map(|goal| goal.is_reached(self.value.median)),
        })
    }
}

/// Returns all sections as one JSON object on one line.
pub fn json(machine: &Machine, sections: &[(&str, Section)]) -> Value {
    let sections: Vec<Value> = sections
        .iter()
        .map(
            |(name, section)| json!({"name": name, "about": section.about, "rows": section.json(), "limits": section.limits}),
        )
        .collect();
    json!({"schema_version": 1, "machine": machine.json(), "sections": sections})
}

/// Returns a number with three figures that count, and spaces between thousands: `0.0123`, `1.50`, `1 230 000`.
fn figure(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = usize::try_from(2 - magnitude).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if whole.starts_with('-') { "-" } else { "" };
    let digits = whole.trim_start_matches('-');
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine {
            cpu: "Some CPU".into(),
            cores: 2,
            memory_bytes: 24 << 30,
            kernel: "6.1".into(),
            rustc: "rustc 1.95.0".into(),
        }
    }

    fn section() -> Section {
        let spread = Spread {
            median: 1234.5,
            lowest: 1200.0,
            highest: 1300.0,
            runs: 5,
        };
        Section {
            about: "What it costs.".into(),
            rows: vec![
                Row {
                    what: "one step".into(),
                    value: spread,
                    unit: "ns",
                    goal: Some(Goal::AtMost(1000.0)),
                },
                Row {
                    what: "state".into(),
                    value: Spread::exactly(48.0),
                    unit: "B",
                    goal: None,
                },
            ],
            limits: "The logarithms.",
        }
    }

    #[test]
    fn people_see_machine_range_and_a_missed_goal() {
        let expected = "\
What it costs.

*Some CPU, 2 cores, 24 GiB, Linux 6.1, rustc 1.95.0*

| what | median | range | runs | goal | reached |
| --- | ---: | ---: | ---: | ---: | --- |
| one step | 1 234 ns | 1 200 to 1 300 | 5 | at most 1 000 | **no** |
| state | 48.0 B |  | 1 |  |  |

What limits it: The logarithms.
";
        assert_eq!(section().markdown(&machine()), expected);
    }

    #[test]
    fn programs_see_the_same_numbers() {
        let json = json(&machine(), &[("steps", section())]);
        assert_eq!(json["sections"][0]["name"], "steps");
        assert_eq!(json["sections"][0]["rows"][0]["median"], 1234.5);
        assert_eq!(json["sections"][0]["rows"][0]["goal"]["at_most"], 1000.0);
        assert_eq!(json["sections"][0]["rows"][0]["reached"], false);
        assert_eq!(json["sections"][0]["rows"][1]["reached"], Value::Null);
        assert_eq!(json["sections"][0]["limits"], "The logarithms.");
        assert_eq!(json["machine"]["cores"], 2);
    }

    #[test]
    fn figures_keep_three_that_count() {
        for (value, text) in [
            (0.0, "0"),
            (0.012_345, "0.0123"),
            (1.5, "1.50"),
            (99.96, "100.0"),
            (1234.4, "1 234"),
            (-1_234_567.0, "-1 234 567"),
        ] {
            assert_eq!(figure(value), text);
        }
    }
}
