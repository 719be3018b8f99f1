//! Problems as people read them: the place in the text, what is wrong beside it, what to do below.

use crate::excerpt::{CONTEXT_LINES, Excerpt};
use crate::problem::{Code, Problem, Severity};
use core::fmt;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, ThemeCharacters, ThemeStyles,
};

/// How problems are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Lines and corners instead of ASCII.
    pub unicode: bool,
    /// Colours by ANSI sequences.
    pub colour: bool,
    /// Width of the screen in columns.
    pub width: usize,
}

impl Default for Style {
    /// For files and pipes: no colour, Unicode, 100 columns.
    fn default() -> Self {
        Self {
            unicode: true,
            colour: false,
            width: 100,
        }
    }
}

/// Narrowest drawing; below, nothing can be read anyway.
const NARROWEST: usize = 40;

struct Shown<'problem> {
    problem: &'problem Problem,
    message: String,
    help: Option<String>,
    source: Option<Excerpt<'problem>>,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.problem, out)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl core::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.problem.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source
            .as_ref()
            .map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = (!self.problem.label.is_empty()).then(|| self.problem.label.clone());
        let span = self.source.as_ref()?.label(self.problem.span);
        Some(Box::new(core::iter::once(
            LabeledSpan::new_primary_with_span(label, span),
        )))
    }
}

/// Draws all problems and ends with a line that counts them.
///
/// `text` is the text the problems were found in; `file` is the name to show for it.
#[must_use]
pub fn render(problems: &[Problem], text: &str, file: &str, style: Style) -> String {
    let mut out = String::new();
    let text = without_secrets(problems, text);
    for problem in problems {
        out.push_str(&draw(problem, &text, file, style));
        out.push('\n');
    }
    out.push_str(&counted(problems, file));
    out.push('\n');
    out
}

fn draw(problem: &Problem, text: &str, file: &str, style: Style) -> String {
    let word = format!("{}[{}]:", problem.severity.word(), problem.full_code());
    let characters = if style.unicode {
        ThemeCharacters::unicode()
    } else {
        ThemeCharacters::ascii()
    };
    let theme = GraphicalTheme {
        characters: ThemeCharacters {
            error: word.clone(),
            warning: word.clone(),
            ..characters
        },
        styles: if style.colour {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        },
    };
    let width = style.width.max(NARROWEST);
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        // Lines are broken here, at blanks: the handler would break names at their hyphens and slashes.
        .with_wrap_lines(false)
        .with_context_lines(CONTEXT_LINES)
        .with_links(false)
        .without_syntax_highlighting();
    let shown = Shown {
        message: broken(
            &problem.message,
            width.saturating_sub(word.chars().count() + 1),
            width - 4,
        ),
        help: problem
            .help
            .as_ref()
            .map(|help| broken(help, width - 8, width - 8)),
        problem,
        source: Excerpt::around(text, file, problem.span, problem.line, problem.column),
    };
    let mut drawn = String::new();
    if handler.render_report(&mut drawn, &shown).is_err() {
        return format!("{file}:{problem}\n");
    }
    if shown.source.is_none() {
        drawn.push_str(&format!(
            "  at {file}:{}:{}\n",
            problem.line, problem.column
        ));
    }
    // The handler indents the first line by two; the word is its margin here.
    drawn
        .strip_prefix("  ")
        .map_or(drawn.clone(), str::to_owned)
}

/// Breaks a text into lines at its blanks: the first of at most `first` characters, the others of `rest`.
fn broken(text: &str, first: usize, rest: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    let mut room = first;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            out.push('\n');
            used = 0;
            room = rest;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
    out
}

/// The text with every secret that a problem points at blotted out: what is drawn ends in logs.
fn without_secrets(problems: &[Problem], text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for problem in problems
        .iter()
        .filter(|problem| problem.code == Code::InlineSecret)
    {
        if let Some(secret) = bytes.get_mut(problem.span.start..problem.span.end) {
            secret.fill(b'*');
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// `2 problems, 1 warning in checkout.watch.yaml. Nothing was changed.`
#[must_use]
pub fn counted(problems: &[Problem], file: &str) -> String {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let warnings = problems.len() - errors;
    let say =
        |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => format!("No problems in {file}."),
        (0, _) => format!("{} in {file}.", say(warnings, "warning")),
        (_, 0) => format!("{} in {file}. Nothing was changed.", say(errors, "problem")),
        _ => format!(
            "{}, {} in {file}. Nothing was changed.",
            say(errors, "problem"),
            say(warnings, "warning")
        ),
    }
}
