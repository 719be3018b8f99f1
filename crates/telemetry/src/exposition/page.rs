//! A whole page.

use std::collections::BTreeMap;

use super::line::sample;
use crate::prometheus::Kind;

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

/// A page that was read to its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Page {
    pub(crate) samples: Vec<PageSample>,
    /// What each family is, by the name that its samples have (a counter's with `_total`).
    pub(crate) families: BTreeMap<String, Family>,
}

/// One sample.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PageSample {
    pub(crate) name: Box<str>,
    pub(crate) labels: Vec<(Box<str>, Box<str>)>,
    pub(crate) value: f64,
    /// Milliseconds since the epoch, where the page gives a time of its own.
    pub(crate) at: Option<i64>,
}

/// What a family of series is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) kind: Kind,
    pub(crate) help: String,
}

/// Why a page cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PageError {
    #[error("line {line}: {why}")]
    Line { line: usize, why: &'static str },
    #[error("it is not UTF-8")]
    NotText,
    #[error("it ends before `# EOF`")]
    NoEnd,
    #[error("it ends in the middle of a line")]
    CutOff,
}

impl Format {
    /// The format that a content type names.
    pub(crate) fn of(content_type: &str) -> Self {
        if content_type
            .trim_start()
            .starts_with("application/openmetrics-text")
        {
            Self::OpenMetrics
        } else {
            Self::Text
        }
    }
}

/// Reads a page, keeping only samples whose name `wanted` accepts; the others are still checked.
pub(crate) fn read_page(
    bytes: &[u8],
    format: Format,
    mut wanted: impl FnMut(&str) -> bool,
) -> Result<Page, PageError> {
    let text = std::str::from_utf8(bytes).map_err(|_| PageError::NotText)?;
    if !text.is_empty() && !text.ends_with('\n') {
        // The number at the cut may be any beginning of the real one. OpenMetrics says where it ends.
        if format == Format::Text || !text.ends_with("# EOF") {
            return Err(PageError::CutOff);
        }
    }
    let mut page = Page::default();
    let mut ended = false;
    for (at, line) in text.lines().enumerate() {
        let wrong = |why| PageError::Line { line: at + 1, why };
        if ended {
            return Err(wrong("more follows `# EOF`"));
        }
        let line = line.trim_matches([' ', '\t', '\r']);
        if line.is_empty() {
            continue;
        }
        if let Some(comment) = line.strip_prefix('#') {
            ended = format == Format::OpenMetrics && comment == " EOF";
            page.comment(comment, format);
            continue;
        }
        let line = sample(line, format == Format::OpenMetrics).map_err(wrong)?;
        if wanted(&line.name) {
            page.samples.push(PageSample {
                name: line.name.into(),
                labels: line.labels,
                value: line.value,
                at: line.timestamp.map(|time| match format {
                    Format::Text => time as i64,
                    Format::OpenMetrics => (time * 1000.0).round() as i64,
                }),
            });
        }
    }
    if format == Format::OpenMetrics && !ended {
        return Err(PageError::NoEnd);
    }
    Ok(page)
}

impl Page {
    fn comment(&mut self, comment: &str, format: Format) {
        let mut words = comment.trim_start().splitn(3, [' ', '\t']);
        let (Some(keyword), Some(name)) = (words.next(), words.next()) else {
            return;
        };
        let rest = words.next().unwrap_or("").trim();
        let name = name.trim_matches('"');
        match keyword {
            "TYPE" => {
                let kind = match rest {
                    "counter" => Kind::Counter,
                    "gauge" => Kind::Gauge,
                    "histogram" => Kind::Histogram,
                    "summary" => Kind::Summary,
                    "info" => Kind::Info,
                    _ => Kind::Unknown,
                };
                // HELP may have come first, under the family's own name.
                let help = self
                    .families
                    .remove(name)
                    .map_or_else(String::new, |family| family.help);
                let name = match (format, kind) {
                    (Format::OpenMetrics, Kind::Counter) => format!("{name}_total"),
                    (Format::OpenMetrics, Kind::Info) => format!("{name}_info"),
                    _ => name.to_owned(),
                };
                self.families.insert(name, Family { kind, help });
            }
            "HELP" => {
                let known = [
                    name.to_owned(),
                    format!("{name}_total"),
                    format!("{name}_info"),
                ]
                .into_iter()
                .find(|name| self.families.contains_key(name));
                let family = self
                    .families
                    .entry(known.unwrap_or_else(|| name.to_owned()))
                    .or_insert(Family {
                        kind: Kind::Unknown,
                        help: String::new(),
                    });
                rest.clone_into(&mut family.help);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, format: Format) -> Result<Page, PageError> {
        read_page(text.as_bytes(), format, |_| true)
    }

    #[test]
    fn a_text_page() {
        let page = read(
            "# HELP up_total Runs.\n# TYPE up_total counter\nup_total 3 1700000000123\n\n# a comment\ng 1\n",
            Format::Text,
        )
        .unwrap();
        assert_eq!(page.families["up_total"].kind, Kind::Counter);
        assert_eq!(page.families["up_total"].help, "Runs.");
        assert_eq!(page.samples[0].at, Some(1_700_000_000_123));
        assert_eq!(page.samples.len(), 2);
    }

    #[test]
    fn an_openmetrics_page() {
        let text = "# TYPE req counter\n# UNIT req requests\n# HELP req All.\nreq_total{a=\"b\"} 3 1.5 # {t=\"x\"} 1\nreq_created{a=\"b\"} 1.5\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\nh_sum 0.1\n# EOF\n";
        let page = read(text, Format::OpenMetrics).unwrap();
        assert_eq!(page.families["req_total"].help, "All.");
        assert_eq!(page.samples[0].at, Some(1500));
        assert_eq!(page.samples.len(), 5);
    }

    #[test]
    fn cut_pages_are_refused() {
        let whole = "a_total 123\nb 4\n# EOF\n";
        // Only the last line break may be missing.
        for end in 0..whole.len() - 1 {
            assert!(read(&whole[..end], Format::OpenMetrics).is_err(), "{end}");
        }
        assert!(read(whole.trim_end(), Format::OpenMetrics).is_ok());
        assert_eq!(read("a_total 12", Format::Text), Err(PageError::CutOff));
        assert_eq!(
            read("a 1\nb x\n", Format::Text),
            Err(PageError::Line {
                line: 2,
                why: "a value is not a number"
            })
        );
        assert!(read("# EOF\na 1\n", Format::OpenMetrics).is_err());
        assert_eq!(
            read_page(&[0xff, b'\n'], Format::Text, |_| true),
            Err(PageError::NotText)
        );
    }

    #[test]
    fn formats_by_content_type() {
        assert_eq!(
            Format::of("application/openmetrics-text; version=1.0.0"),
            Format::OpenMetrics
        );
        assert_eq!(Format::of("text/plain; version=0.0.4"), Format::Text);
    }

    fn escaped(value: &str) -> String {
        value
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n")
    }

    proptest! {
        /// Whatever bytes come: an answer, never a panic.
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_page(&bytes, Format::Text, |_| true);
            let _ = read_page(&bytes, Format::OpenMetrics, |_| true);
        }

        /// The same with bytes that come close to a page.
        #[test]
        fn almost_pages(text in "([a-z_{}=\"\\\\, #.0-9\n]|le|EOF|NaN|\\+Inf){0,80}") {
            let _ = read(&text, Format::Text);
            let _ = read(&text, Format::OpenMetrics);
        }

        /// Every label value and every number comes back as it was written.
        #[test]
        fn what_is_written_is_read(
            value in any::<f64>(),
            text in any::<String>(),
            at in proptest::option::of(-1_000_000_000_000_i64..1_000_000_000_000),
        ) {
            let time = at.map_or_else(String::new, |at| format!(" {at}"));
            // A bare line break inside a value is written as an escape; a carriage return stands for itself.
            let line = format!("m{{a=\"{}\"}} {value:e}{time}\n", escaped(&text));
            let page = read(&line, Format::Text).unwrap();
            let sample = &page.samples[0];
            prop_assert!(sample.value.to_bits() == value.to_bits() || (value.is_nan() && sample.value.is_nan()));
            prop_assert_eq!(&*sample.labels[0].1, text.as_str());
            prop_assert_eq!(sample.at, at);
        }

        /// A page that was cut anywhere is refused, or is the whole page but for its last line break.
        #[test]
        fn no_cut_page_is_taken(values in proptest::collection::vec(0_u32.., 1..8), cut in any::<prop::sample::Index>()) {
            let mut whole: String = values.iter().map(|value| format!("m{{v=\"{value}\"}} {value}\n")).collect();
            whole.push_str("# EOF\n");
            let end = cut.index(whole.len() - 1);
            prop_assert!(read(&whole[..end], Format::OpenMetrics).is_err());
        }
    }
}
