//! Pure rooms: what they may depend on, and what their source may not name.

use anyhow::Result;

use crate::files::shown;
use crate::finding::Finding;
use crate::module_tree::{Module, modules};
use crate::rust_paths::{Path, paths};
use crate::workspace::{Room, Stage, Workspace};

/// How pure a room is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purity {
    /// Same input, same bits, on every machine; knows no wire form.
    Heart,
    /// Touches nothing outside; may read and write texts and wire forms that it is given.
    Text,
    /// Given the time, but not forbidden to touch the world.
    TimePassedIn,
    /// Owns a clock.
    Free,
}

fn purity(room: &str) -> Purity {
    match room {
        "statistics" | "differences" | "verification" => Purity::Heart,
        "plan" | "report" => Purity::Text,
        "ledger" | "telemetry" | "events" | "actions" => Purity::TimePassedIn,
        _ => Purity::Free,
    }
}

/// The packages that the heart may use: they compute, and nothing else.
const HEART_PACKAGES: [&str; 2] = ["libm", "thiserror"];

/// Packages that bring I/O, a clock, a runtime or randomness.
const EFFECTS: [&str; 14] = [
    "async-std",
    "axum",
    "fastrand",
    "getrandom",
    "hyper",
    "kube",
    "rand",
    "reqwest",
    "rustix",
    "smol",
    "sqlx",
    "tempfile",
    "tokio",
    "tonic",
];

/// A name that a room of this purity does not write.
struct Forbidden {
    what: What,
    /// The strictest purity down to which it is forbidden.
    until: Purity,
    instead: &'static str,
}

enum What {
    /// A path that begins so, or a part of a `use` group of it.
    Path(&'static [&'static str]),
    /// A call of `now` on one of these types.
    NowOf(&'static [&'static str]),
    /// One of these as the last name of a path.
    Name(&'static [&'static str]),
    Macro(&'static [&'static str]),
    /// One of these after a dot, or on `f64` and `f32`.
    Method(&'static [&'static str]),
    Keyword(&'static [&'static str]),
}

const OUTSIDE: &str = "the caller reads or writes, and passes the value in";
const CLOCK: &str = "`now` is passed in by the room that owns the clock";

const FORBIDDEN: [Forbidden; 13] = [
    Forbidden {
        what: What::Path(&["std", "fs"]),
        until: Purity::Text,
        instead: OUTSIDE,
    },
    Forbidden {
        what: What::Path(&["std", "net"]),
        until: Purity::Text,
        instead: OUTSIDE,
    },
    Forbidden {
        what: What::Path(&["std", "process"]),
        until: Purity::Text,
        instead: OUTSIDE,
    },
    Forbidden {
        what: What::Path(&["std", "env"]),
        until: Purity::Text,
        instead: OUTSIDE,
    },
    Forbidden {
        what: What::Path(&["std", "thread"]),
        until: Purity::Text,
        instead: "parallel work belongs to the server",
    },
    Forbidden {
        what: What::Path(&["std", "io"]),
        until: Purity::Heart,
        instead: OUTSIDE,
    },
    Forbidden {
        what: What::Macro(&["print", "println", "eprint", "eprintln"]),
        until: Purity::Text,
        instead: "return the text",
    },
    Forbidden {
        what: What::Keyword(&["async", "await"]),
        until: Purity::Text,
        instead: "the caller waits, and passes the value in",
    },
    Forbidden {
        what: What::Path(&["std", "time", "Instant"]),
        until: Purity::Text,
        instead: CLOCK,
    },
    Forbidden {
        what: What::Path(&["std", "time", "SystemTime"]),
        until: Purity::Text,
        instead: CLOCK,
    },
    Forbidden {
        what: What::NowOf(&["SystemTime", "Timestamp", "Utc", "Zoned"]),
        until: Purity::TimePassedIn,
        instead: CLOCK,
    },
    Forbidden {
        what: What::Name(&["HashMap", "HashSet", "RandomState"]),
        until: Purity::Heart,
        instead: "its order differs from run to run, and a replay must not: use BTreeMap or BTreeSet",
    },
    Forbidden {
        what: What::Method(&[
            "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh",
            "exp", "exp2", "exp_m1", "hypot", "ln", "ln_1p", "log", "log10", "log2", "powf",
            "powi", "sin", "sin_cos", "sinh", "tan", "tanh",
        ]),
        until: Purity::Heart,
        instead: "the platform's function may round differently elsewhere, and a replay must not: use libm's",
    },
];

/// Returns every impure dependency and name.
///
/// # Errors
/// If a source file cannot be read.
pub fn check(workspace: &Workspace) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for room in &workspace.rooms {
        let purity = purity(&room.name);
        if purity == Purity::Free {
            continue;
        }
        findings.extend(impure_packages(room, purity));
        for module in modules(&room.folder)? {
            if is_of_the_library(room, &module) {
                findings.extend(impure_names(workspace, room, purity, &module));
            }
        }
    }
    Ok(findings)
}

/// Programs and examples beside the library are edges of their own.
fn is_of_the_library(room: &Room, module: &Module) -> bool {
    let source = room.folder.join("src");
    module.path.starts_with(&source) && !module.path.starts_with(source.join("bin"))
}

fn impure_packages(room: &Room, purity: Purity) -> Vec<Finding> {
    let outside = room
        .uses
        .iter()
        .filter(|used| used.stage == Stage::Run && used.room.is_none());
    let impure = |package: &str| match purity {
        Purity::Heart => !HEART_PACKAGES.contains(&package),
        Purity::Text => EFFECTS.contains(&package),
        Purity::TimePassedIn | Purity::Free => false,
    };
    outside
        .filter(|used| impure(&used.package))
        .map(|used| {
            let (problem, remedy) = match purity {
                Purity::Heart => (
                    format!(
                        "the heart uses {} and nothing else",
                        HEART_PACKAGES.join(", ")
                    ),
                    "wire forms, clocks and randomness belong to the rooms around it; \
                     a package that only computes is added in xtask/src/arrows/purity.rs",
                ),
                _ => (
                    "a room without I/O does not use this package".to_owned(),
                    OUTSIDE,
                ),
            };
            Finding::new(format!("{} → {}", room.name, used.package), problem, remedy)
        })
        .collect()
}

fn impure_names(
    workspace: &Workspace,
    room: &Room,
    purity: Purity,
    module: &Module,
) -> Vec<Finding> {
    let tokens = module.production_tokens();
    let mut findings = Vec::new();
    for path in paths(&tokens) {
        for rule in &FORBIDDEN {
            if applies(rule.until, purity) && names(&rule.what, &path) {
                findings.push(Finding::new(
                    format!("{}:{}", shown(&workspace.root, &module.path), path.line),
                    format!(
                        "`{}` does not belong into {}",
                        path.names.join("::"),
                        room.name
                    ),
                    rule.instead,
                ));
            }
        }
    }
    findings
}

/// Rules reach from the heart outwards: what `Text` may not, `Heart` may not either.
fn applies(until: Purity, purity: Purity) -> bool {
    let rank = |purity| match purity {
        Purity::Heart => 0,
        Purity::Text => 1,
        Purity::TimePassedIn => 2,
        Purity::Free => 3,
    };
    rank(purity) <= rank(until)
}

fn names(what: &What, path: &Path<'_>) -> bool {
    let last = path.names.last().copied().unwrap_or_default();
    match what {
        What::Path(prefix) => path.starts_with(prefix),
        What::NowOf(types) => {
            matches!(path.names.as_slice(), [.., of, "now"] if types.contains(of))
        }
        What::Name(any) => any.contains(&last),
        What::Macro(any) => path.is_macro && any.contains(&last),
        What::Method(any) => {
            let on_a_float = matches!(path.names.first(), Some(&("f64" | "f32")));
            any.contains(&last) && (path.is_member || on_a_float)
        }
        What::Keyword(any) => any.contains(&last) && path.names.len() == 1,
    }
}
