//! The keys of a file as data: the decoder refuses what a table does not name, and schema and reference are written from the same tables.

/// What a key may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// The format version: the number 1.
    Version,
    /// Free text on one line.
    Text,
    /// One text or a list of texts.
    Texts,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A time as number and unit: `30s`, `5m`, `1h30m`.
    Duration,
    /// A percentage.
    Share,
    /// `1 in 100 watches` or a percentage.
    Odds,
    /// A number.
    Number,
    /// A whole number.
    Whole,
    /// A signed limit: `+0.5pp`, `+10%`, `-25%`, `+40ms`.
    Limit,
    /// A fixed value: `5%`, `500ms`, `3`.
    Value,
    /// `rate`, `level` or a quantile as `p99`.
    Measure,
    /// A metric name with label matchers.
    Selector,
    /// Label matchers, as `track="canary"`.
    Matchers,
    /// A PromQL expression that holds `$side`.
    Query,
    /// An address.
    Url,
    /// A path.
    Path,
    /// A unix socket or a TCP address.
    SocketAddress,
    /// A list of arguments, or one text for a shell.
    Arguments,
    /// One reaction or a list of reactions.
    Reactions,
    /// A time and what follows after it: `{10m: page}`.
    Silence,
    /// What one side measures in a test.
    SideSamples,
    /// Names and texts of the user's choice.
    TextMap,
    /// A mapping.
    Table(&'static Table),
    /// A list of mappings.
    List(&'static Table),
    /// A mapping from names of the user's choice to one mapping or a list of them.
    NamedLists(&'static Table),
    /// A mapping from names of the user's choice to one of several kinds of mappings.
    NamedKinds(&'static Kinds),
}

/// Whether a key does something today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Available {
    /// It does what its text says.
    Now,
    /// It is known and refused, so that nobody relies on it.
    LaterRefused,
    /// It is known and has no effect, which a warning says.
    LaterIgnored,
    /// It would put a secret into the file; refused.
    InlineSecret,
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
    pub(crate) default: Option<&'static str>,
    pub(crate) available: Available,
    /// What it means, in whole sentences.
    pub(crate) about: &'static str,
}

impl Key {
    pub(crate) const fn required(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self {
            name,
            shape,
            required: true,
            default: None,
            available: Available::Now,
            about,
        }
    }

    pub(crate) const fn optional(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self {
            name,
            shape,
            required: false,
            default: None,
            available: Available::Now,
            about,
        }
    }

    pub(crate) const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    pub(crate) const fn refused(name: &'static str, about: &'static str) -> Self {
        Self {
            name,
            shape: Shape::Text,
            required: false,
            default: None,
            available: Available::LaterRefused,
            about,
        }
    }

    /// A key that people try for a secret; `about` names the keys to use.
    pub(crate) const fn secret(name: &'static str, about: &'static str) -> Self {
        Self {
            name,
            shape: Shape::Text,
            required: false,
            default: None,
            available: Available::InlineSecret,
            about,
        }
    }

    pub(crate) const fn ignored(name: &'static str, about: &'static str) -> Self {
        Self {
            name,
            shape: Shape::Texts,
            required: false,
            default: None,
            available: Available::LaterIgnored,
            about,
        }
    }
}

/// The keys of one mapping.
#[derive(Debug)]
pub(crate) struct Table {
    /// What the mapping is, as a noun: `watch`, `criterion`.
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) keys: &'static [Key],
    /// Whether further keys with texts are taken as they are.
    pub(crate) open: bool,
}

/// Mappings of several kinds, told apart by the key `kind`.
#[derive(Debug)]
pub(crate) struct Kinds {
    /// What the mapping is, as a noun.
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Keys that every kind has.
    pub(crate) common: &'static [Key],
    pub(crate) kinds: &'static [Kind],
    /// Kinds that are known and not available yet.
    pub(crate) later: &'static [&'static str],
}

/// One kind.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) word: &'static str,
    pub(crate) about: &'static str,
    pub(crate) keys: &'static [Key],
}

impl Kinds {
    pub(crate) fn kind(&'static self, word: &str) -> Option<&'static Kind> {
        self.kinds.iter().find(|kind| kind.word == word)
    }
}
