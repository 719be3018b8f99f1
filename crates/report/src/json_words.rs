//! The words of JSON: closed lists, so that the schema names every one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use verification::decision::{By, Instead, Verb};
use verification::event::{HumanActKind, State};
use verification::intent::OutcomeKind;
use verification::summary::MilestoneKind;
use verification::terms::Reaction;
use verification::verdict::{Because, Family, NoiseFrom, VerdictKind};

/// Makes a list of words with the conversion from the term they stand for.
macro_rules! words {
    ($(#[$about:meta])* $name:ident from $term:ident { $($(#[$what:meta])* $word:ident = $text:literal <- $pattern:pat,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$what])* #[serde(rename = $text)] $word,)+
        }

        impl From<&$term> for $name {
            fn from(term: &$term) -> Self {
                match term {
                    $($pattern => Self::$word,)+
                }
            }
        }
    };
}

words! {
    /// State of a watch.
    StateWord from State {
        /// Looking.
        Watching = "watching" <- State::Watching,
        /// Nothing can be seen of a required criterion.
        CannotSee = "cannot-see" <- State::CannotSee,
        /// A human holds it.
        Held = "held" <- State::Held,
        /// A rollback is decided or under way, or its recovery is being proven.
        RollingBack = "rolling-back" <- State::RollingBack,
        /// Rolled back.
        RolledBack = "rolled-back" <- State::RolledBack,
        /// Ended without enough evidence.
        NeedsReview = "needs-review" <- State::NeedsReview,
        /// The new version stays.
        Confirmed = "confirmed" <- State::Confirmed,
    }
}

words! {
    /// Verdict on one criterion.
    VerdictWord from VerdictKind {
        /// Past the limit, long enough.
        Failing = "failing" <- VerdictKind::Failing,
        /// The range straddles the limit.
        Undecided = "undecided" <- VerdictKind::Undecided,
        /// Nothing can be seen.
        NoData = "no data" <- VerdictKind::NoData,
        /// The sides differ in age, mix or share.
        NotComparable = "not comparable" <- VerdictKind::NotComparable,
        /// The whole range is on the good side of the limit.
        Within = "within" <- VerdictKind::Within,
    }
}

words! {
    /// Reason of a verdict.
    BecauseWord from Because {
        /// Evidence that the number is past the limit, sustained.
        PastLimit = "past-limit" <- Because::PastLimit,
        /// Far past any limit.
        Collapse = "collapse" <- Because::Collapse,
        /// Every reading of the stretch is past the limit.
        PastLimitThroughout = "past-limit-throughout" <- Because::PastLimitThroughout,
        /// Evidence that the limit is kept.
        KeepsLimit = "keeps-limit" <- Because::KeepsLimit,
        /// Not enough evidence either way.
        NotEnoughEvidence = "not-enough-evidence" <- Because::NotEnoughEvidence,
        /// Evidence, but not sustained.
        NotSustained = "not-sustained" <- Because::NotSustained,
        /// Not shown again in the last part of the watch.
        NotSeenLately = "not-seen-lately" <- Because::NotSeenLately,
        /// Warming up.
        WarmingUp = "warming-up" <- Because::WarmingUp,
        /// One side has nothing to count.
        Missing = "missing" <- Because::Missing { .. },
        /// Nothing has arrived yet.
        NothingYet = "nothing-yet" <- Because::NothingYet,
        /// The latency threshold cannot be placed.
        NoThreshold = "no-threshold" <- Because::NoThreshold(_),
        /// Pods of one side are younger than the warm-up.
        YoungPods = "young-pods" <- Because::YoungPods(_),
        /// The sides differ in their mix of routes.
        MixDiffers = "mix-differs" <- Because::MixDiffers(_),
        /// The canary's share of traffic is not what the plan says.
        ShareDiffers = "share-differs" <- Because::ShareDiffers(_),
    }
}

words! {
    /// What may follow from a verdict.
    ReactionWord from Reaction {
        /// Take the new version out.
        RollBack = "roll-back" <- Reaction::RollBack,
        /// Wake a human.
        Page = "page" <- Reaction::Page,
        /// Open a ticket.
        Ticket = "ticket" <- Reaction::Ticket,
        /// Ask a human to judge.
        Review = "review" <- Reaction::Review,
    }
}

/// Decision of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionWord {
    /// Nothing has been decided.
    KeepWatching,
    /// The new version stays.
    Confirm,
    /// Take the new version out.
    RollBack,
    /// Wake a human.
    Page,
    /// Open a ticket.
    Ticket,
    /// Ask a human to judge.
    Review,
    /// A human stopped the automatic reaction.
    Hold,
    /// A human lifted a hold.
    Release,
}

impl From<&Verb> for DecisionWord {
    fn from(verb: &Verb) -> Self {
        match verb {
            Verb::RollBack => Self::RollBack,
            Verb::Page => Self::Page,
            Verb::Ticket => Self::Ticket,
            Verb::Review => Self::Review,
            Verb::Hold => Self::Hold,
            Verb::Release => Self::Release,
            Verb::Confirm => Self::Confirm,
        }
    }
}

words! {
    /// Under which authority something was decided.
    AuthorityWord from By {
        /// The sealed criteria.
        Criteria = "criteria" <- By::Criteria,
        /// The rule for silence.
        Silence = "silence" <- By::Silence,
        /// The end of the watch.
        End = "end" <- By::End,
        /// The rule for a recovery that is not proven.
        Recovery = "recovery" <- By::Recovery,
        /// A human.
        Human = "human" <- By::Human { .. },
    }
}

words! {
    /// Why a lighter reaction was taken.
    InsteadWord from Instead {
        /// The baseline is past the limit too.
        BaselineToo = "baseline-too" <- Instead::BaselineToo,
        /// The plan leaves it to a human.
        HumanDecides = "human-decides" <- Instead::HumanDecides,
        /// A human holds the watch.
        Held = "held" <- Instead::Held,
        /// The plan names no action.
        NoAction = "no-action" <- Instead::NoAction,
    }
}

words! {
    /// How an action ended.
    OutcomeWord from OutcomeKind {
        /// Done, and read back where there is a check.
        Done = "done" <- OutcomeKind::Done,
        /// Failed; production is as it was.
        Failed = "failed" <- OutcomeKind::Failed,
        /// Nobody knows.
        Unknown = "unknown" <- OutcomeKind::Unknown,
    }
}

words! {
    /// Family of methods.
    FamilyWord from Family {
        /// Conditional-binomial mixture against a ratio limit.
        Ratio = "ratio" <- Family::Ratio,
        /// Two-sample block factor against an absolute limit.
        Difference = "difference" <- Family::Difference,
        /// Shifted stochastic dominance of latencies.
        Dominance = "dominance" <- Family::Dominance,
        /// One stream against a fixed value.
        SingleStream = "single-stream" <- Family::SingleStream,
        /// Every reading of a stretch.
        Throughout = "throughout" <- Family::Throughout,
    }
}

words! {
    /// Where the noise figures come from.
    NoiseWord from NoiseFrom {
        /// Assumed.
        Assumed = "assumed" <- NoiseFrom::Assumed,
        /// Declared by the plan.
        Declared = "declared" <- NoiseFrom::Declared,
    }
}

words! {
    /// A mark on the time line.
    MilestoneWord from MilestoneKind {
        /// The criteria were fixed.
        Sealed = "sealed" <- MilestoneKind::Sealed,
        /// The watch started.
        Started = "started" <- MilestoneKind::Started,
        /// The canary was seen for the first time.
        CanarySeen = "canary-seen" <- MilestoneKind::CanarySeen,
        /// The warm-up was over.
        WarmedUp = "warmed-up" <- MilestoneKind::WarmedUp,
        /// A row turned failing.
        Failing = "failing" <- MilestoneKind::Failing,
        /// Nothing could be seen.
        CannotSee = "cannot-see" <- MilestoneKind::CannotSee,
        /// Rollback decided.
        RollBackDecided = "roll-back-decided" <- MilestoneKind::RollBackDecided,
        /// Rollback done.
        RolledBack = "rolled-back" <- MilestoneKind::RolledBack,
        /// Recovery proven.
        Recovered = "recovered" <- MilestoneKind::Recovered,
        /// Recovery given up.
        NotRecovered = "not-recovered" <- MilestoneKind::NotRecovered,
        /// A human held the watch.
        Held = "held" <- MilestoneKind::Held,
        /// A human lifted the hold.
        Released = "released" <- MilestoneKind::Released,
        /// Confirmed.
        Confirmed = "confirmed" <- MilestoneKind::Confirmed,
        /// Ended for review.
        ReviewAsked = "review-asked" <- MilestoneKind::ReviewAsked,
    }
}

words! {
    /// What a human asked for.
    ActWord from HumanActKind {
        /// Stop automatic reactions.
        Hold = "hold" <- HumanActKind::Hold,
        /// Lift a hold.
        Release = "release" <- HumanActKind::Release,
        /// Roll back now.
        RollBack = "roll-back" <- HumanActKind::RollBack,
        /// Let the new version stay.
        Confirm = "confirm" <- HumanActKind::Confirm,
    }
}
