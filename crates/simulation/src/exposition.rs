//! A metrics page in the Prometheus text format 0.0.4 or in OpenMetrics 1.0.

use std::fmt::{Display, Write};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    OpenMetrics,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Info,
}

impl Format {
    /// Chooses by an `Accept` header: OpenMetrics where it is named and not less wanted than plain text.
    pub(crate) fn from_accept(accept: Option<&str>) -> Format {
        let accept = accept.unwrap_or_default();
        let weight = |media_type: &str| {
            accept
                .split(',')
                .filter(|range| {
                    let name = range.split(';').next().unwrap_or_default();
                    name.trim().eq_ignore_ascii_case(media_type)
                })
                .map(quality)
                .fold(0.0, f64::max)
        };
        let open_metrics = weight("application/openmetrics-text");
        if open_metrics > 0.0 && open_metrics >= weight("text/plain") {
            Format::OpenMetrics
        } else {
            Format::Text
        }
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

fn quality(media_range: &str) -> f64 {
    media_range
        .split(';')
        .skip(1)
        .find_map(|parameter| parameter.trim().strip_prefix("q="))
        .map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0))
}

/// A page that is being written. Families follow one another; samples belong to the family opened last.
pub(crate) struct Page {
    format: Format,
    /// `name="value",…` of the labels that every series carries.
    constant_labels: String,
    text: String,
}

impl Page {
    pub(crate) fn new(format: Format, constant_labels: &[(&str, &str)]) -> Page {
        let mut labels = String::new();
        write_labels(&mut labels, constant_labels);
        Page {
            format,
            constant_labels: labels,
            text: String::new(),
        }
    }

    /// Opens a family by its name in OpenMetrics, that is without `_total` or `_info`.
    pub(crate) fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let (suffix, kind) = match (self.format, kind) {
            (Format::Text, Kind::Counter) => ("_total", "counter"),
            (Format::Text, Kind::Info) => ("_info", "gauge"),
            (Format::OpenMetrics, Kind::Counter) => ("", "counter"),
            (Format::OpenMetrics, Kind::Info) => ("", "info"),
            (_, Kind::Gauge) => ("", "gauge"),
            (_, Kind::Histogram) => ("", "histogram"),
        };
        let _ = writeln!(self.text, "# HELP {name}{suffix} {help}");
        let _ = writeln!(self.text, "# TYPE {name}{suffix} {kind}");
    }

    /// Writes one sample under its full name.
    pub(crate) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(name);
        if !self.constant_labels.is_empty() || !labels.is_empty() {
            self.text.push('{');
            self.text.push_str(&self.constant_labels);
            if !self.constant_labels.is_empty() && !labels.is_empty() {
                self.text.push(',');
            }
            write_labels(&mut self.text, labels);
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {value}");
    }

    /// The `le` label of a bucket: OpenMetrics asks for `1.0` where the older format writes `1`.
    pub(crate) fn bound(&self, bound: f64) -> String {
        match self.format {
            Format::Text => format!("{bound}"),
            Format::OpenMetrics => format!("{bound:?}"),
        }
    }

    pub(crate) fn finish(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
        self.text
    }
}

fn write_labels(text: &mut String, labels: &[(&str, &str)]) {
    for (place, (name, value)) in labels.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        text.push_str(name);
        text.push_str("=\"");
        for character in value.chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                other => text.push(other),
            }
        }
        text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_chooses_the_format() {
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        assert_eq!(Format::from_accept(Some(prometheus)), Format::OpenMetrics);
        assert_eq!(
            Format::from_accept(Some(
                "text/plain;version=0.0.4, application/openmetrics-text;q=0.5"
            )),
            Format::Text
        );
        assert_eq!(
            Format::from_accept(Some("application/openmetrics-text;q=0")),
            Format::Text
        );
        assert_eq!(Format::from_accept(Some("*/*")), Format::Text);
        assert_eq!(Format::from_accept(None), Format::Text);
    }

    #[test]
    fn the_two_formats_differ_where_they_must() {
        let page = |format| {
            let mut page = Page::new(format, &[("pod", "a\"b\\c\nd")]);
            page.family("orders_completed", Kind::Counter, "Orders.");
            page.sample("orders_completed_total", &[], 3);
            page.family("wait_seconds", Kind::Histogram, "Waits.");
            let bound = page.bound(1.0);
            page.sample("wait_seconds_bucket", &[("le", &bound)], 2);
            page.finish()
        };
        assert_eq!(
            page(Format::Text),
            "# HELP orders_completed_total Orders.\n# TYPE orders_completed_total counter\n\
             orders_completed_total{pod=\"a\\\"b\\\\c\\nd\"} 3\n\
             # HELP wait_seconds Waits.\n# TYPE wait_seconds histogram\n\
             wait_seconds_bucket{pod=\"a\\\"b\\\\c\\nd\",le=\"1\"} 2\n"
        );
        assert_eq!(
            page(Format::OpenMetrics),
            "# HELP orders_completed Orders.\n# TYPE orders_completed counter\n\
             orders_completed_total{pod=\"a\\\"b\\\\c\\nd\"} 3\n\
             # HELP wait_seconds Waits.\n# TYPE wait_seconds histogram\n\
             wait_seconds_bucket{pod=\"a\\\"b\\\\c\\nd\",le=\"1.0\"} 2\n# EOF\n"
        );
    }
}
