//! The arrows of the workspace, as ARCHITECTURE.md draws them. A room that is not here may not exist.

/// What one room may use.
pub struct Arrows {
    pub room: &'static str,
    /// Rooms that its product may use.
    pub uses: &'static [&'static str],
    /// Rooms that only its tests may use in addition.
    pub tests_use: &'static [&'static str],
}

const fn arrows(
    room: &'static str,
    uses: &'static [&'static str],
    tests_use: &'static [&'static str],
) -> Arrows {
    Arrows {
        room,
        uses,
        tests_use,
    }
}

/// All rooms, from the pure heart outwards; those that do not exist yet are declared already.
pub const ARROWS: [Arrows; 15] = [
    arrows("statistics", &[], &[]),
    arrows("differences", &["statistics"], &[]),
    arrows("verification", &["statistics", "differences"], &[]),
    // Sums and histograms of an observation are statistics' types: docs/decisions/0005-statistics-types-travel.md
    arrows("plan", &["verification", "statistics"], &[]),
    arrows("report", &["verification", "statistics"], &["plan"]),
    arrows("ledger", &["verification", "statistics"], &[]),
    arrows("telemetry", &["verification", "statistics"], &[]),
    arrows(
        "events",
        &["verification", "differences", "statistics"],
        &[],
    ),
    arrows("actions", &["verification", "statistics"], &[]),
    arrows(
        "simulation",
        &["telemetry", "events", "actions", "verification"],
        &[],
    ),
    arrows(
        "server",
        &[
            "actions",
            "differences",
            "events",
            "ledger",
            "plan",
            "report",
            "statistics",
            "telemetry",
            "verification",
        ],
        &["simulation"],
    ),
    // Setup commands (init, validate, doctor) ask sources and actions before any watch exists:
    // docs/decisions/0007-setup-commands-use-the-edges.md
    arrows(
        "cli",
        &[
            "actions",
            "ledger",
            "plan",
            "report",
            "server",
            "simulation",
            "telemetry",
            "verification",
        ],
        &[],
    ),
    arrows("ask", &["events", "ledger"], &[]),
    arrows(
        "bench",
        &[
            "actions",
            "differences",
            "events",
            "ledger",
            "plan",
            "report",
            "server",
            "simulation",
            "statistics",
            "telemetry",
            "verification",
        ],
        &[],
    ),
    arrows("xtask", &[], &[]),
];

/// Two rooms that never meet in the product of either, by no detour: other credentials, other risks.
pub const APART: [(&str, &str); 2] = [("telemetry", "actions"), ("events", "actions")];

/// A dependency that is heavy to build or to reason about, and the rooms that may name it.
pub struct Heavy {
    /// The package, and all whose names continue it after a hyphen.
    pub package: &'static str,
    pub rooms: &'static [&'static str],
    pub why: &'static str,
}

pub const HEAVY: [Heavy; 8] = [
    Heavy {
        package: "axum",
        rooms: &["server", "simulation"],
        why: "only these two answer HTTP",
    },
    Heavy {
        package: "reqwest",
        rooms: &["telemetry", "actions", "simulation", "server"],
        why: "outbound calls have few doors",
    },
    Heavy {
        package: "sqlx",
        rooms: &["ledger"],
        why: "the ledger alone knows where records lie",
    },
    Heavy {
        package: "datafusion",
        rooms: &["ask"],
        why: "a first build must not take minutes for it",
    },
    Heavy {
        package: "kube",
        rooms: &["telemetry", "actions"],
        why: "reading and acting, each behind one module",
    },
    Heavy {
        package: "k8s-openapi",
        rooms: &["telemetry", "actions"],
        why: "it comes with kube",
    },
    Heavy {
        package: "tonic",
        rooms: &["events", "simulation"],
        why: "only the OTLP intake and its senders speak gRPC",
    },
    Heavy {
        package: "clap",
        rooms: &["cli", "ask", "simulation"],
        why: "only programs have arguments",
    },
];
