//! `shakedown validate`.
use crate::arguments::Validate;
use crate::context::Context;
use crate::exit_reason::{Code, Done, Failure};

pub async fn run(_context: &Context, _arguments: &Validate) -> Done {
    Err(Failure::new(Code::Usage, "being written"))
}
