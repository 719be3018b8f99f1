//! Orders of the tests.

use actions::{Message, Order};
use core::time::Duration;
use verification::intent::{Intent, IntentId};
use verification::terms::Reaction;
use verification::time::Timestamp;

/// When everything happens.
pub const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_123);

/// Time to the deadline: far longer than any test needs.
pub const PATIENCE: Duration = Duration::from_secs(600);

pub fn roll_back() -> Order {
    Order {
        watch: "W7".to_owned(),
        service: "checkout".to_owned(),
        intent: Intent {
            id: IntentId(3),
            generation: 2,
            reaction: Reaction::RollBack,
            run: Some("action".to_owned()),
            target: Some("canary".to_owned()),
            settings: vec![("channel".to_owned(), "#payments".to_owned())],
            at: NOW,
            deadline: NOW + PATIENCE,
        },
        message: Message {
            first_line: "checkout 4.18.0: rolling back".to_owned(),
            body: "1.9 more failed payments per 100".to_owned(),
        },
        idempotency_key: "W7/3".to_owned(),
    }
}
