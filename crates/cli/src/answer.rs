//! The two streams: standard output is the answer, standard error is progress and hints.

use crate::exit_reason::{Code, Failure};
use core::fmt;
use std::io::{self, ErrorKind, Write};

/// Prints a part of the answer; gives a [`Failure`] where nobody takes it.
macro_rules! answer {
    ($($words:tt)*) => {
        $crate::answer::put(format_args!($($words)*))
    };
}

/// Prints a line of the answer; gives a [`Failure`] where nobody takes it.
macro_rules! answer_line {
    () => { $crate::answer::put(format_args!("\n")) };
    ($($words:tt)*) => {
        $crate::answer::put(format_args!("{}\n", format_args!($($words)*)))
    };
}

/// Prints a line of progress. Nobody needs to read it, so that a closed standard error is no trouble.
macro_rules! progress {
    ($($words:tt)*) => {
        $crate::answer::tell(format_args!($($words)*))
    };
}

pub(crate) use {answer, answer_line, progress};

/// What a shell calls the end of a program whose reader has gone: 128 and the number of SIGPIPE.
const READER_GONE: u8 = 141;

/// Writes to standard output at once.
pub fn put(words: fmt::Arguments<'_>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_fmt(words)
        .and_then(|()| out.flush())
        .map_err(|error| unwritten(&error))
}

/// Writes a line to standard error.
pub fn tell(words: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{words}");
}

/// An answer that could not be written. A reader that has gone (`| head`) is told nothing.
pub fn unwritten(error: &io::Error) -> Failure {
    match error.kind() {
        ErrorKind::BrokenPipe => {
            let mut quiet = Failure::new(Code::Usage, "");
            quiet.exit = Some(READER_GONE);
            quiet
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Failure::new(Code::Ledger, "no room left where the answer is written")
                .hint("free some space, or write it elsewhere")
        }
        _ => Failure::new(Code::Bug, format!("cannot write the answer: {error}")),
    }
}
