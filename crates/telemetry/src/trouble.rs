//! Why an answer could not be used, in words that say what, where and what to do.

use std::time::Duration;

/// Why a request brought nothing that could be used. The text is one line and holds no credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No connection, or one that broke.
    #[error("{place} cannot be reached ({why}): check the address and that it is running")]
    Unreachable {
        /// Address without credentials.
        place: String,
        /// The operating system's or TLS library's words.
        why: String,
    },
    /// A TLS certificate that is not to be trusted.
    #[error(
        "{place} shows a certificate that cannot be trusted ({why}): renew it, or name the ca-file that it comes from"
    )]
    Untrusted {
        /// Address without credentials.
        place: String,
        /// The TLS library's words.
        why: String,
    },
    /// The time limit passed.
    #[error("{place} did not answer within {limit:?}: raise its timeout or narrow the selector")]
    TooSlow {
        /// Address without credentials.
        place: String,
        /// The time limit.
        limit: Duration,
    },
    /// 401 or 403.
    #[error(
        "{place} refused access (status {status}): check the credentials of this source and what they may read"
    )]
    Refused {
        /// Address without credentials.
        place: String,
        /// HTTP status.
        status: u16,
    },
    /// 429, or 503 with a time to wait.
    #[error(
        "{place} asks for fewer requests (status {status}): waiting {wait:?}; raise judge-every or the server's limit"
    )]
    Busy {
        /// Address without credentials.
        place: String,
        /// HTTP status.
        status: u16,
        /// How long it wants to be left alone.
        wait: Duration,
    },
    /// Still inside the time that the server asked for.
    #[error(
        "{place} asked to be left alone for another {left:?}: raise judge-every or the server's limit"
    )]
    Waiting {
        /// Address without credentials.
        place: String,
        /// Time until the next request.
        left: Duration,
    },
    /// 3xx; redirects are not followed, since only configured hosts are called.
    #[error("{place} redirects to {to}: put that address into the connections file")]
    Redirected {
        /// Address without credentials.
        place: String,
        /// Where to.
        to: String,
    },
    /// The query is wrong (400 or 422 with a message).
    #[error("{place} rejects `{query}`: {why}")]
    Rejected {
        /// Address without credentials.
        place: String,
        /// The query.
        query: String,
        /// The server's words.
        why: String,
    },
    /// Any other status.
    #[error("{place} answered with status {status}{why}: see the server's log")]
    Failed {
        /// Address without credentials.
        place: String,
        /// HTTP status.
        status: u16,
        /// The server's words after a colon, if it had any.
        why: String,
    },
    /// More than the limit.
    #[error(
        "the answer of {place} is larger than {limit} bytes: narrow the selector or raise the limit"
    )]
    TooLarge {
        /// Address without credentials.
        place: String,
        /// Limit in bytes.
        limit: usize,
    },
    /// Not what was asked for.
    #[error(
        "the answer of {place} cannot be read ({why}): check that the address leads to the right service"
    )]
    Unreadable {
        /// Address without credentials.
        place: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Trouble {
    /// Whether it is about access and will not mend by itself.
    pub(crate) const fn refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}

/// At most 200 characters of foreign text, in one line.
pub(crate) fn brief(text: &str) -> String {
    const MOST: usize = 200;
    let mut line = String::new();
    for (at, character) in text.trim().chars().enumerate() {
        if at == MOST {
            line.push('…');
            break;
        }
        line.push(if character.is_control() {
            ' '
        } else {
            character
        });
    }
    line
}
