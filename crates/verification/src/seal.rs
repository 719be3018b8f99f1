//! A sealed plan: criteria, actions and baseline levels fixed before the deploy.

use crate::observation::BaselineLevel;
use crate::terms::Plan;
use crate::time::Timestamp;

/// What a watch runs by. A changed plan is a new seal and a new watch.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    /// The plan.
    pub plan: Plan,
    /// Hash over plan text, included files and resolved actions, in lower-case hexadecimal.
    pub hash: String,
    /// When it was sealed.
    pub at: Timestamp,
    /// Whether the canary already had traffic.
    pub late: bool,
    /// Levels of the baseline side before the deploy.
    pub levels: Vec<BaselineLevel>,
}
