//! `shakedown init`.
use crate::arguments::Init;
use crate::context::Context;
use crate::exit_reason::{Code, Done, Failure};

pub async fn run(_context: &Context, _arguments: &Init) -> Done {
    Err(Failure::new(Code::Usage, "being written"))
}
