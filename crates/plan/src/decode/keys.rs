//! The keys of a plan, with what they mean and what holds where they are missing. The only place where defaults are written down for people.

use crate::table::{Key, Kind, Kinds, Shape, Table};

/// Words of the reactions, gravest first.
pub(crate) const REACTIONS: [&str; 4] = ["roll-back", "page", "ticket", "review"];

pub(crate) static PLAN: Table = Table {
    name: "plan",
    about: "What is watched after a deploy, by which criteria, and who decides. The file is fixed before the deploy by `shakedown seal`; a changed plan is a new watch.",
    open: false,
    keys: &[
        Key::required("plan", Shape::Version, "Format version of the file: 1."),
        Key::required("service", Shape::Text, "Name of the service under watch."),
        Key::optional("change", Shape::Text, "One line that says what is being deployed; shown in every message."),
        Key::optional("owner", Shape::Text, "Team that owns the service."),
        Key::optional("runbook", Shape::Text, "Address where the person who is woken starts reading."),
        Key::optional("demonstration", Shape::Flag, "Marks a plan that only shows how things work: short watches and short times to sustain a limit are then taken without a warning.").or("false"),
        Key::required("watch", Shape::Table(&WATCH), "How long and how often to look."),
        Key::optional("compare", Shape::Table(&COMPARE), "How the new version (canary) and the old one (baseline) are told apart. Needed by every signal but probes."),
        Key::required("signals", Shape::NamedKinds(&SIGNAL), "What is measured, by name."),
        Key::required("criteria", Shape::List(&CRITERION), "What is judged. If several fail, the gravest reaction is taken."),
        Key::optional("authority", Shape::Table(&AUTHORITY), "Who decides, who may object, and what happens when nobody answers."),
        Key::optional("actions", Shape::Table(&ACTIONS), "What is done for each reaction. Names stand for entries of the connections file."),
        Key::optional("tests", Shape::List(&TEST), "Samples in, expected decision out: `shakedown validate` plays them through the real judge."),
    ],
};

pub(crate) static WATCH: Table = Table {
    name: "watch",
    about: "How long and how often to look.",
    open: false,
    keys: &[
        Key::required("for", Shape::Duration, "Length of the watch, from 5m to 72h (shorter only in a demonstration)."),
        Key::optional("judge-every", Shape::Duration, "Time between looks, at least 1s. Looking often costs no false alarms.").or("30s"),
        Key::optional("warm-up", Shape::Duration, "Time from the canary's first traffic in which only absolute limits and a collapse act. Samples are recorded from the start.").or("2m"),
        Key::optional("lateness", Shape::Duration, "How long after its time a sample may still arrive and be counted; looks wait this long. 0s fits direct scraping of /metrics; a Prometheus server needs about one scrape interval.").or("15s"),
    ],
};

pub(crate) static COMPARE: Table = Table {
    name: "comparison",
    about: "How the two versions are told apart: either by two sets of label matchers (`canary`, `baseline`), or by the value of one label (`by`, `canary`).",
    open: false,
    keys: &[
        Key::optional("canary", Shape::Text, "Label matchers of the new version, as `track=\"canary\"`, added to every selector. With `by`: the value that is the canary, or `newest` for the value that appeared last.").or("newest, with `by`"),
        Key::optional("baseline", Shape::Matchers, "Label matchers of the old version, running at the same moment. Not with `by`, where every other value is baseline."),
        Key::optional("by", Shape::Text, "Label whose value tells the versions apart, as `version` or `pod_template_hash`."),
        Key::optional("join", Shape::Table(&JOIN), "Where the label of `by` lives, if the series do not carry it themselves."),
        Key::optional("pod-label", Shape::Text, "Label that names the pod (the process) of a series.").or("pod, else instance"),
        Key::optional("false-alarms", Shape::Odds, "Share of watches that may raise a false alarm, all criteria and the whole watch together, below 50%.").or("1 in 100 watches"),
        Key::optional("false-confirms", Shape::Odds, "Share of watches that may confirm a canary that stands exactly at a limit, below 50%.").or("5%"),
        Key::optional("noise", Shape::Table(&NOISE), "How noisy the service is beyond chance, where that is known. Otherwise it is assumed, and shown as assumed."),
        Key::optional("traffic", Shape::Share, "Share of the service's traffic that the canary should get. A share that differs makes the sides not comparable."),
        Key::ignored("when-no-baseline", "Compares with the service's own history once the canary takes all traffic."),
        Key::ignored("cohorts", "Dimensions in which a worst-hit cohort is looked for."),
    ],
};

pub(crate) static JOIN: Table = Table {
    name: "join",
    about: "An info series that carries the label, as `target_info` or `kube_pod_labels`.",
    open: false,
    keys: &[
        Key::required(
            "metric",
            Shape::Text,
            "Metric whose series carry the label.",
        ),
        Key::required(
            "on",
            Shape::Texts,
            "Labels that both series share, as `[namespace, pod]`.",
        ),
    ],
};

pub(crate) static NOISE: Table = Table {
    name: "noise",
    about: "Noise beyond chance.",
    open: false,
    keys: &[
        Key::optional("dispersion", Shape::Number, "Variance of the counts over the variance of independent requests, at least 1. Retries and bursts raise it.").or("3"),
        Key::optional("pods", Shape::Number, "How much pods of one version differ: standard deviation of the logarithm of their rates, 0 to 2.").or("0.15"),
    ],
};

pub(crate) static SIGNAL: Kinds = Kinds {
    name: "signal",
    about: "A measurement taken on both sides. Counters are named by selector; shakedown fetches the raw samples of every pod and makes the increments itself.",
    common: &[
        Key::required("kind", Shape::Word(&["proportion", "count", "histogram", "level", "probe"]), "What the signal is made of."),
        Key::optional("for-each", Shape::Texts, "Labels whose values make slices that are judged one by one, as `http_route`: at most 200, the rest is pooled. For proportion, count and histogram."),
    ],
    kinds: &[
        Kind {
            word: "proportion",
            about: "Events among trials of the same kind: failed among all requests.",
            keys: &[
                SOURCE,
                Key::required("part", Shape::Selector, "Counter of the events, as `payments_total{result=\"error\"}`."),
                Key::required("whole", Shape::Selector, "Counter of all trials; every event is also a trial."),
            ],
        },
        Kind {
            word: "count",
            about: "Events for an exposure: orders per request.",
            keys: &[
                SOURCE,
                Key::required("of", Shape::Selector, "Counter of the events."),
                Key::optional("per", Shape::Selector, "Counter of the exposure. Without it, events are counted per pod and second, which compares sides fairly only if every pod gets the same traffic.").or("pods and seconds"),
            ],
        },
        Kind {
            word: "histogram",
            about: "Latencies or sizes, from a classic or a native histogram.",
            keys: &[
                SOURCE,
                Key::required("of", Shape::Selector, "Name of the histogram without `_bucket`."),
                Key::optional("unit", Shape::Word(&["seconds", "milliseconds", "microseconds", "nanoseconds", "bytes", "none"]), "Unit of the histogram's buckets.").or("read from the metric's name (`_milliseconds`, `_bytes`), else seconds"),
            ],
        },
        Kind {
            word: "level",
            about: "A level such as a queue's depth. The only kind that may hold free PromQL.",
            keys: &[
                SOURCE,
                Key::required("query", Shape::Query, "PromQL expression that gives one number; `$side` inside braces stands for the matchers of one side."),
            ],
        },
        Kind {
            word: "probe",
            about: "A smoke test over HTTP: a failed try is an event, a try a trial.",
            keys: &[
                Key::required("url", Shape::Url, "Address on the canary."),
                Key::optional("baseline-url", Shape::Url, "The same on the baseline; needed for `worse-when`."),
                Key::optional("expect-status", Shape::Whole, "Status that counts as an answer, 100 to 599.").or("200"),
                Key::optional("expect-body", Shape::Text, "Text that the body must contain."),
                Key::optional("within", Shape::Duration, "Longest time an answer may take, up to 1m.").or("5s"),
                Key::optional("certificate-valid-for", Shape::Duration, "Shortest time for which the server's certificate must still be valid."),
            ],
        },
    ],
    later: &["log-patterns", "calls-per-request", "configuration", "cohorts", "field-presence"],
};

const SOURCE: Key = Key::required(
    "source",
    Shape::Text,
    "Name of the source in the connections file.",
);

pub(crate) static CRITERION: Table = Table {
    name: "criterion",
    about: "One sentence of the plan: which signal, how bad is too bad, for how long, and what follows.",
    open: false,
    keys: &[
        Key::required("name", Shape::Text, "Name, unique in the plan; read as a sentence: `payments keep working`."),
        Key::required("signal", Shape::Text, "Name of the signal."),
        Key::optional("measure", Shape::Measure, "Which number of the signal: `rate`, `level`, or for histograms a quantile as `p50`, `p99`, `p99.9`.").or("rate for proportion, count and probe; level for level; needed for histogram"),
        Key::optional("worse-when", Shape::Word(&["higher", "lower"]), "The bad direction of a comparison with the baseline."),
        Key::optional("limit", Shape::Limit, "How much worse than the baseline the canary may be: `+0.5pp` (proportions), `+10%`, `-25%`, `+40ms` (histograms), `+5` (levels). The sign says the bad direction."),
        Key::optional("never-above", Shape::Value, "Fixed value that the canary's number must not pass, whatever the baseline does: `5%`, `500ms`, or a number for levels and counts."),
        Key::optional("never-below", Shape::Value, "Fixed value below which the canary's number must not fall."),
        Key::refused("must-equal", "Equality of configuration."),
        Key::required("sustained-for", Shape::Duration, "How long the limit must be crossed before the criterion fails; at least 5s, and 5m in production (1m for fixed values)."),
        Key::required("then", Shape::Reactions, "What follows: `roll-back`, `page`, `ticket`, `review`, or a list of them."),
        Key::optional("required", Shape::Flag, "Whether a confirm needs evidence that this criterion is within its limit.").or("true"),
    ],
};

pub(crate) static AUTHORITY: Table = Table {
    name: "authority",
    about: "Who decides, who may object, and what happens when nobody answers.",
    open: false,
    keys: &[
        Key::optional("roll-back", Shape::Table(&AUTHORITY_ROLL_BACK), "Who decides on a rollback.").or("{decided-by: shakedown}"),
        Key::optional("confirm", Shape::Table(&AUTHORITY_CONFIRM), "Who decides that the change stays. Shakedown confirms only if every required criterion is shown to be within its limit.").or("{decided-by: shakedown}"),
        Key::optional("review", Shape::Table(&AUTHORITY_REVIEW), "Who answers a review."),
        Key::optional("undecided-at-the-end", Shape::Word(&["review", "ticket", "page"]), "What follows when the watch ends undecided; never a confirm and never a rollback.").or("review"),
        Key::optional("cannot-see-for", Shape::Silence, "What follows when nothing can be seen: a time and a reaction, as `{10m: page}`; never a rollback.").or("{10m: page}"),
    ],
};

pub(crate) static AUTHORITY_ROLL_BACK: Table = Table {
    name: "authority over rollbacks",
    about: "Who decides on a rollback.",
    open: false,
    keys: &[
        Key::optional(
            "decided-by",
            Shape::Text,
            "`shakedown`, or the role of a human.",
        )
        .or("shakedown"),
        Key::optional(
            "may-object",
            Shape::Texts,
            "Roles that may object before it is done; needs `within`.",
        ),
        Key::optional(
            "within",
            Shape::Duration,
            "Time to object, up to 1h; needs `may-object`.",
        ),
    ],
};

pub(crate) static AUTHORITY_CONFIRM: Table = Table {
    name: "authority over confirms",
    about: "Who decides that the change stays.",
    open: false,
    keys: &[Key::optional(
        "decided-by",
        Shape::Text,
        "`shakedown`, or the role of a human.",
    )
    .or("shakedown")],
};

pub(crate) static AUTHORITY_REVIEW: Table = Table {
    name: "authority over reviews",
    about: "Who answers a review, and what follows when nobody does.",
    open: false,
    keys: &[
        Key::required("decided-by", Shape::Text, "Role of a human."),
        Key::optional("within", Shape::Duration, "Time to answer.").or("1h"),
        Key::optional(
            "otherwise",
            Shape::Word(&["page", "ticket"]),
            "What follows when nobody answered; never a rollback.",
        )
        .or("page"),
    ],
};

pub(crate) static ACTIONS: Table = Table {
    name: "list of actions",
    about: "What is done for each reaction.",
    open: false,
    keys: &[
        Key::optional(
            "roll-back",
            Shape::Table(&ACTION_ROLL_BACK),
            "How the new version is taken out, and what proves that it helped.",
        ),
        Key::optional("page", Shape::Table(&RECEIVER), "Who is woken."),
        Key::optional(
            "ticket",
            Shape::Table(&RECEIVER),
            "Where a ticket is opened.",
        ),
        Key::optional("review", Shape::Table(&RECEIVER), "Who is asked to judge."),
    ],
};

/// What `recovered-when` says for "the criteria that failed prove it": the default, said aloud.
pub(crate) const RECOVERED_BY_FAILED: &str = "the criteria that failed";

pub(crate) static ACTION_ROLL_BACK: Table = Table {
    name: "roll-back action",
    about: "How the new version is taken out, and what proves that it helped.",
    open: false,
    keys: &[
        Key::required("run", Shape::Text, "Name of an action in the connections file, as `haproxy/checkout`."),
        Key::optional("target", Shape::Text, "What it is applied to, where the action needs to be told."),
        Key::optional("recovered-when", Shape::Text, "Name of the criterion that must be within its limit again over the whole service, or `the criteria that failed`.").or("the criteria that failed"),
        Key::optional("within", Shape::Duration, "Time from the action to the proof of recovery, up to 24h.").or("10m"),
        Key::optional("otherwise", Shape::Word(&["page", "ticket"]), "What follows when the recovery is not proven by then; never another rollback.").or("page"),
        Key::optional("drilled-within", Shape::Duration, "Oldest rehearsal of the rollback that still counts."),
    ],
};

pub(crate) static RECEIVER: Table = Table {
    name: "receiver",
    about: "Who hears of it. Further keys with texts are handed to the receiver as they are, such as `labels` or `channel`.",
    open: true,
    keys: &[
        Key::optional(
            "send",
            Shape::Text,
            "Name of a receiver in the connections file, as `pagerduty/payments`. Either `send` or `run` is needed.",
        ),
        Key::optional(
            "run",
            Shape::Text,
            "Name of an action in the connections file.",
        ),
        Key::optional(
            "target",
            Shape::Text,
            "What it is applied to, where the action needs to be told.",
        ),
    ],
};

pub(crate) static TEST: Table = Table {
    name: "test",
    about: "A watch that is played with given samples. Signals without samples bring no data; every side has four pods, and `traffic` is not checked.",
    open: false,
    keys: &[
        Key::required("name", Shape::Text, "What the test shows."),
        Key::required(
            "samples",
            Shape::NamedLists(&STRETCH),
            "What each signal measures, by name of the signal: one stretch, or a list of stretches of time.",
        ),
        Key::required("expect", Shape::Table(&EXPECT), "What must come out."),
    ],
};

pub(crate) static STRETCH: Table = Table {
    name: "stretch of samples",
    about: "What both sides measure for a stretch of the watch.",
    open: false,
    keys: &[
        Key::optional("from", Shape::Duration, "First moment, from the start of the watch.").or("0s"),
        Key::optional("until", Shape::Duration, "Last moment.").or("the end of the watch"),
        Key::optional("canary", Shape::SideSamples, "What the canary measures: `25 of 1000 a minute` (events and trials), `{50ms: 900, 1s: 100}` (latencies a minute by upper edge), a number (level), or `no data`.").or("no data"),
        Key::optional("baseline", Shape::SideSamples, "What the baseline measures, in the same forms.").or("no data"),
    ],
};

pub(crate) static EXPECT: Table = Table {
    name: "expectation",
    about: "What must come out of a test.",
    open: false,
    keys: &[
        Key::required(
            "decision",
            Shape::Word(&["confirm", "roll-back", "page", "ticket", "review"]),
            "The decision. No graver one may come before it.",
        ),
        Key::optional(
            "failing",
            Shape::Texts,
            "Criteria that must be failing when it is taken; an empty list says that none may.",
        ),
        Key::optional(
            "within",
            Shape::Duration,
            "Latest moment of the decision, from the start of the watch.",
        ),
    ],
};
