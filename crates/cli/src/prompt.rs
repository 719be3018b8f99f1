//! Asking on the terminal.

use crate::exit_reason::{Code, Failure};
use std::io::Write;
use tokio::sync::oneshot;

/// Asks, and gives the answer without the space around it; an end of input is an empty answer.
///
/// The terminal is read in a thread of its own: whoever waits can stop waiting, and the process can end meanwhile.
pub async fn ask(question: &str) -> Result<String, Failure> {
    let trouble = |error: std::io::Error| Failure::new(Code::Usage, format!("cannot ask: {error}"));
    let mut out = std::io::stderr();
    write!(out, "{question}")
        .and_then(|()| out.flush())
        .map_err(trouble)?;
    let (tell, answer) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let _ = tell.send(std::io::stdin().read_line(&mut line).map(|_| line));
    });
    match answer.await {
        Ok(line) => Ok(line.map_err(trouble)?.trim().to_owned()),
        Err(_) => Ok(String::new()),
    }
}
