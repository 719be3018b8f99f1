//! `shakedown doctor`.
use crate::arguments::Doctor;
use crate::context::Context;
use crate::exit_reason::{Code, Done, Failure};

pub async fn run(_context: &Context, _arguments: &Doctor) -> Done {
    Err(Failure::new(Code::Usage, "being written"))
}
