//! What is wrong with a file, where, and what to do about it.

use crate::place::{Lines, Span};
use core::fmt;

/// Which kind of file a problem is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A plan.
    Plan,
    /// A connections file.
    Connections,
}

impl Subject {
    /// First half of a problem's code.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Connections => "connections",
        }
    }
}

/// Whether a file can be used in spite of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but probably does not say what was meant.
    Warning,
}

impl Severity {
    /// The word as screens write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

macro_rules! codes {
    ($($variant:ident $word:literal $what:literal;)+) => {
        /// The kinds of problems; their words are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $what] $variant,)+
        }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Second half of a problem's code, as `unknown-key`.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// What the code stands for, in one sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $what,)+ }
            }
        }
    };
}

codes! {
    NotYaml "not-yaml" "The text is not YAML, or uses a part of YAML that is not read here (anchors, tags, several documents).";
    TooLarge "too-large" "The text is larger than any file written by hand.";
    WrongVersion "wrong-version" "The format version is missing or unknown.";
    UnknownKey "unknown-key" "The key is not known here.";
    DuplicateKey "duplicate-key" "The key stands twice in one mapping.";
    MissingKey "missing-key" "A key that is needed is not there.";
    NoValue "no-value" "The key has no value.";
    WrongType "wrong-type" "A text, a list or a mapping stands where another is needed.";
    UnknownWord "unknown-word" "The word is not one of the words that are possible here.";
    NotAvailableYet "not-available-yet" "The plan asks for something that is not available yet.";
    BadDuration "bad-duration" "The time is not written as number and unit.";
    BadNumber "bad-number" "The number cannot be read.";
    BadShare "bad-share" "The share is not written as a percentage.";
    BadLimit "bad-limit" "The limit is not written as sign, number and unit.";
    WrongSign "wrong-sign" "The limit's sign and the bad direction do not agree.";
    WrongUnit "wrong-unit" "The unit does not fit what the signal measures.";
    OutOfRange "out-of-range" "The value lies outside the range that works.";
    BadMeasure "bad-measure" "The measure is unknown or does not fit the signal.";
    BadSelector "bad-selector" "The selector is not a metric name with label matchers.";
    PromqlInSelector "promql-in-selector" "A PromQL expression stands where a plain selector is needed.";
    IgnoresSide "ignores-side" "A level query does not ask for one side.";
    SidesNotApart "sides-not-apart" "The matchers of canary and baseline do not tell the sides apart.";
    SelectorPicksSide "selector-picks-side" "A selector fixes the label that tells the sides apart.";
    PartOutsideWhole "part-outside-whole" "The part of a proportion counts what the whole does not.";
    KeysConflict "keys-conflict" "Two keys exclude each other, or one needs another.";
    DuplicateName "duplicate-name" "A name is used twice.";
    UnknownName "unknown-name" "Nothing of that name is declared.";
    NothingJudged "nothing-judged" "The plan has no criterion.";
    NothingConfirms "nothing-confirms" "Every criterion is optional, so nothing could confirm the change.";
    BlindRollBack "blind-roll-back" "A rollback would follow from missing evidence.";
    BlindConfirm "blind-confirm" "A confirm would follow from missing evidence.";
    SustainedTooShort "sustained-too-short" "The limit is judged on too short a time.";
    SustainedTooLong "sustained-too-long" "The limit must be crossed for longer than the watch lasts.";
    WeakerThanAlarm "weaker-than-alarm" "A criterion can never say anything before another that reacts at least as hard.";
    FireTogether "fire-together" "Two criteria always fire together.";
    RollBackWithoutAction "roll-back-without-action" "A rollback is asked for, but no action does it.";
    RecoveryNotNamed "recovery-not-named" "The rollback does not say what proves that it helped.";
    NobodyWoken "nobody-woken" "A page is asked for, but no receiver is named.";
    ActionWithoutAuthority "action-without-authority" "An action changes production, but the plan does not say who decides on it.";
    PageWithoutRunbook "page-without-runbook" "Somebody is woken without a place to start reading.";
    CountWithoutExposure "count-without-exposure" "A count is compared with the baseline without saying per what.";
    SilenceNotAnswered "silence-not-answered" "The plan does not say what follows when nothing can be seen.";
    UnusedSignal "unused-signal" "No criterion judges the signal.";
    InlineSecret "inline-secret" "A secret stands in the file itself.";
    BadAddress "bad-address" "The address cannot be used.";
    UnknownConnection "unknown-connection" "The connections file does not name what the plan asks for.";
    WrongConnection "wrong-connection" "The connection exists, but is of a kind that cannot serve the plan.";
}

/// One problem of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which kind of file.
    pub subject: Subject,
    /// Which kind of problem.
    pub code: Code,
    /// Whether the file can still be used.
    pub severity: Severity,
    /// What is wrong; lower-case, no final period.
    pub message: String,
    /// Where, in bytes; inside the text that was read.
    pub span: Span,
    /// Line of the first character, from 1.
    pub line: u32,
    /// Column of the first character, from 1, in characters.
    pub column: u32,
    /// What to write beside the place; empty where the message says it all.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    pub(crate) fn new(
        lines: &Lines<'_>,
        subject: Subject,
        code: Code,
        severity: Severity,
        span: Span,
        message: String,
    ) -> Self {
        let span = lines.clip(span);
        let (line, column) = lines.position(span.start);
        Self {
            subject,
            code,
            severity,
            message,
            span,
            line,
            column,
            label: String::new(),
            help: None,
        }
    }

    /// The full code, as `plan::unknown-key`.
    #[must_use]
    pub fn full_code(&self) -> String {
        format!("{}::{}", self.subject.word(), self.code.word())
    }

    /// Whether the file cannot be used.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    pub(crate) fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = label.into();
        self
    }

    pub(crate) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Adds "did you mean" where there is something to suggest, `otherwise` else.
    pub(crate) fn suggest(&mut self, suggestion: Option<&str>, otherwise: impl Into<String>) {
        match suggestion {
            Some(word) => self.help(format!("did you mean `{word}`?")),
            None => self.help(otherwise),
        };
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}:{}: {}[{}]: {}",
            self.line,
            self.column,
            self.severity.word(),
            self.full_code(),
            self.message
        )
    }
}
