//! The keys of a connections file, with what they mean and what holds where they are missing.

use crate::table::{Key, Kind, Kinds, Shape, Table};

pub(crate) static CONNECTIONS: Table = Table {
    name: "connections file",
    about: "Where metrics are read, how production is changed, and who hears of it. Plans name these entries; addresses and credentials stand only here. Secrets never stand in the file: keys that end in `-file` or `-env` name a file or an environment variable.",
    open: false,
    keys: &[
        Key::required(
            "connections",
            Shape::Version,
            "Format version of the file: 1.",
        ),
        Key::optional("ledger", Shape::Path, "Where the ledger is kept.").or(
            "$XDG_STATE_HOME/shakedown/ledger.sqlite, else ~/.local/state/shakedown/ledger.sqlite",
        ),
        Key::optional(
            "sources",
            Shape::NamedKinds(&SOURCE),
            "What metrics are read from, by name (`source: prometheus` in a plan).",
        ),
        Key::optional(
            "actions",
            Shape::NamedKinds(&ACTION),
            "What changes production, by name (`run: haproxy/checkout` in a plan).",
        ),
        Key::optional(
            "receivers",
            Shape::NamedKinds(&RECEIVER),
            "Who hears of pages, tickets and reviews, by name (`send: pagerduty/payments` in a plan).",
        ),
    ],
};

const TIMEOUT: Key = Key::optional(
    "timeout",
    Shape::Duration,
    "Longest time an answer may take, 100ms to 2m.",
)
.or("10s");
const TIME_LIMIT: Key = Key::optional(
    "time-limit",
    Shape::Duration,
    "Longest time the action may take, 100ms to 1h.",
);
const IDEMPOTENT: Key = Key::optional(
    "idempotent",
    Shape::Flag,
    "Whether it may be repeated after a crash when nothing can be read back.",
)
.or("false");
const HEADERS: Key = Key::optional(
    "headers",
    Shape::TextMap,
    "Further headers, by name. Values that are secrets belong to `headers-file` or `headers-env`.",
);
const HEADERS_FILE: Key = Key::optional(
    "headers-file",
    Shape::TextMap,
    "Headers whose values stand in files: name and path.",
);
const HEADERS_ENV: Key = Key::optional(
    "headers-env",
    Shape::TextMap,
    "Headers whose values stand in environment variables: name and variable.",
);
const CA_FILE: Key = Key::optional(
    "ca-file",
    Shape::Path,
    "Certificates (PEM) that are trusted instead of the system's.",
);

pub(crate) static SOURCE: Kinds = Kinds {
    name: "source",
    about: "What metrics are read from.",
    common: &[Key::required(
        "kind",
        Shape::Word(&["prometheus", "scrape"]),
        "How it is read.",
    )],
    kinds: &[
        Kind {
            word: "prometheus",
            about: "A server with the Prometheus HTTP API: Prometheus, Mimir, Thanos, VictoriaMetrics.",
            keys: &[
                Key::required(
                    "url",
                    Shape::Url,
                    "Address, up to the part before `/api/v1`.",
                ),
                TIMEOUT,
                Key::optional(
                    "bearer-token-file",
                    Shape::Path,
                    "File that holds a bearer token.",
                ),
                Key::optional(
                    "bearer-token-env",
                    Shape::Text,
                    "Environment variable that holds a bearer token.",
                ),
                Key::secret(
                    "bearer-token",
                    "use `bearer-token-file` or `bearer-token-env`",
                ),
                Key::optional(
                    "user",
                    Shape::Text,
                    "User name of HTTP basic authentication; needs a password.",
                ),
                Key::optional(
                    "password-file",
                    Shape::Path,
                    "File that holds the password.",
                ),
                Key::optional(
                    "password-env",
                    Shape::Text,
                    "Environment variable that holds the password.",
                ),
                Key::secret("password", "use `password-file` or `password-env`"),
                HEADERS,
                HEADERS_FILE,
                HEADERS_ENV,
                CA_FILE,
                Key::optional(
                    "match",
                    Shape::Matchers,
                    "Label matchers added to every selector of this source, as `cluster=\"eu-1\"`; free queries of levels name their own.",
                ),
            ],
        },
        Kind {
            word: "scrape",
            about: "Pages in the Prometheus or OpenMetrics text format, read directly; no server is needed.",
            keys: &[
                Key::required(
                    "targets",
                    Shape::List(&TARGET),
                    "The pages, one for each pod.",
                ),
                TIMEOUT,
            ],
        },
    ],
    later: &["events", "kubernetes", "clickhouse"],
};

pub(crate) static TARGET: Table = Table {
    name: "target",
    about: "One page of metrics.",
    open: false,
    keys: &[
        Key::required(
            "url",
            Shape::Url,
            "Address of the page, as `http://10.0.0.7:8080/metrics`.",
        ),
        Key::optional(
            "labels",
            Shape::TextMap,
            "Labels added to every series of the page, as `{track: canary}`.",
        ),
    ],
};

pub(crate) static ACTION: Kinds = Kinds {
    name: "action",
    about: "What changes production.",
    common: &[Key::required(
        "kind",
        Shape::Word(&["splitter", "haproxy", "command", "webhook"]),
        "How it is done.",
    )],
    kinds: &[
        Kind {
            word: "splitter",
            about: "The traffic splitter that shakedown brings along.",
            keys: &[
                Key::required("url", Shape::Url, "Address of its administration."),
                Key::required(
                    "group",
                    Shape::Text,
                    "Group of servers whose weight is set, as `canary`.",
                ),
                Key::optional("weight", Shape::Whole, "Weight that is set, 0 to 1000.").or("0"),
                Key::optional(
                    "token-file",
                    Shape::Path,
                    "File that holds the token of the administration, where it asks for one.",
                ),
                Key::optional(
                    "token-env",
                    Shape::Text,
                    "Environment variable that holds the token.",
                ),
                Key::secret("token", "use `token-file` or `token-env`"),
                Key::optional(
                    "time-limit",
                    Shape::Duration,
                    "Longest time the action may take, 100ms to 1h.",
                )
                .or("5s"),
            ],
        },
        Kind {
            word: "haproxy",
            about: "HAProxy's runtime API: sets the weight of servers and reads it back.",
            keys: &[
                Key::required(
                    "address",
                    Shape::SocketAddress,
                    "`unix:/run/haproxy/admin.sock` or `tcp:HOST:PORT`.",
                ),
                Key::required("backend", Shape::Text, "Name of the backend."),
                Key::required(
                    "servers",
                    Shape::Texts,
                    "Servers of the backend that run the new version.",
                ),
                Key::optional("weight", Shape::Whole, "Weight that is set, 0 to 256.").or("0"),
                Key::optional(
                    "state",
                    Shape::Word(&["drain", "maint"]),
                    "Administrative state set after the weight: `drain` keeps persistent sessions, `maint` ends them.",
                ),
                Key::optional(
                    "time-limit",
                    Shape::Duration,
                    "Longest time the action may take, 100ms to 1h.",
                )
                .or("5s"),
            ],
        },
        COMMAND,
        WEBHOOK,
    ],
    later: &["argo-rollouts", "flagger", "kubernetes", "flag"],
};

pub(crate) static RECEIVER: Kinds = Kinds {
    name: "receiver",
    about: "Who hears of pages, tickets and reviews.",
    common: &[Key::required(
        "kind",
        Shape::Word(&["webhook", "command"]),
        "How it is told.",
    )],
    kinds: &[COMMAND, WEBHOOK],
    later: &["pagerduty", "slack", "github", "email"],
};

const COMMAND: Kind = Kind {
    word: "command",
    about: "A program with arguments; never through a shell unless `shell` says so.",
    keys: &[
        Key::required(
            "argv",
            Shape::Arguments,
            "Program and arguments, as a list; one text where `shell` is true.",
        ),
        Key::optional(
            "check",
            Shape::Arguments,
            "Command that ends with status 0 when the effect is there, in the same form.",
        ),
        Key::optional(
            "shell",
            Shape::Flag,
            "Whether `argv` and `check` are texts for `/bin/sh -c`.",
        )
        .or("false"),
        Key::optional("time-limit", TIME_LIMIT.shape, TIME_LIMIT.about).or("1m"),
        IDEMPOTENT,
        Key::optional(
            "environment",
            Shape::Texts,
            "Names of environment variables that the command may see besides PATH and HOME.",
        ),
    ],
};

const WEBHOOK: Kind = Kind {
    word: "webhook",
    about: "An HTTP request with a JSON body, signed by HMAC-SHA256 where there is a secret. One of `url`, `url-file`, `url-env` is needed.",
    keys: &[
        Key::optional(
            "url",
            Shape::Url,
            "Address. Where the address itself is a secret, use `url-file` or `url-env`.",
        ),
        Key::optional("url-file", Shape::Path, "File that holds the address."),
        Key::optional(
            "url-env",
            Shape::Text,
            "Environment variable that holds the address.",
        ),
        Key::optional(
            "secret-file",
            Shape::Path,
            "File that holds the secret of the signature.",
        ),
        Key::optional(
            "secret-env",
            Shape::Text,
            "Environment variable that holds the secret of the signature.",
        ),
        Key::secret("secret", "use `secret-file` or `secret-env`"),
        HEADERS,
        HEADERS_FILE,
        HEADERS_ENV,
        Key::optional("time-limit", TIME_LIMIT.shape, TIME_LIMIT.about).or("10s"),
        IDEMPOTENT,
        Key::optional(
            "check-url",
            Shape::Url,
            "Address that answers a GET with status 2xx when the effect is there.",
        ),
    ],
};
