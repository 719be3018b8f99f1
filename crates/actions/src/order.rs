//! What a runner is told to do.

use verification::intent::Intent;

/// One intent with everything its receiver needs: the runner chooses nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Name of the watch, as `W7`.
    pub watch: String,
    /// Service under watch.
    pub service: String,
    /// The intent: generation, reaction, target, deadline.
    pub intent: Intent,
    /// What a human reads.
    pub message: Message,
    /// The same for every attempt at this intent and for no other intent: receivers know a repetition by it.
    pub idempotency_key: String,
}

/// The words of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The line that stands everywhere: what, how bad, what next.
    pub first_line: String,
    /// The rest, Markdown.
    pub body: String,
}

/// An order for unit tests.
#[cfg(test)]
pub(crate) fn example(target: &str) -> Order {
    use verification::intent::IntentId;
    use verification::terms::Reaction;
    use verification::time::Timestamp;
    Order {
        watch: "W1".to_owned(),
        service: "checkout".to_owned(),
        intent: Intent {
            id: IntentId(1),
            generation: 1,
            reaction: Reaction::RollBack,
            run: Some("example".to_owned()),
            target: Some(target.to_owned()),
            settings: Vec::new(),
            at: Timestamp::from_millis(0),
            deadline: Timestamp::from_millis(60_000),
        },
        message: Message::default(),
        idempotency_key: "W1/1".to_owned(),
    }
}
