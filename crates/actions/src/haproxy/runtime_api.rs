//! One command to the runtime API of HAProxy and its answer (management guide, 9.3): a connection each, closed by HAProxy after the answer.

use crate::config::HaproxyAddress;
use crate::time_left::TimeLeft;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

/// Most of an answer that is read: `show servers state` of a backend with five thousand servers is about one mebibyte.
const LONGEST_ANSWER: u64 = 1024 * 1024;

/// No answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// There was no connection: nothing was sent.
    NotSent(String),
    /// Sent, and no answer came.
    Lost(String),
}

impl NoAnswer {
    pub(crate) fn why(&self) -> &str {
        match self {
            Self::NotSent(why) | Self::Lost(why) => why,
        }
    }
}

/// Sends `command` and returns the answer without surrounding white space: empty where a command that changes something succeeded.
///
/// The caller guarantees that `command` is one line without `;`, see [`super::names`].
pub(crate) async fn ask(
    address: &HaproxyAddress,
    command: &str,
    time: TimeLeft,
) -> Result<String, NoAnswer> {
    match address {
        HaproxyAddress::Unix(path) => {
            let stream = connected(UnixStream::connect(path), time)
                .await
                .map_err(|why| NoAnswer::NotSent(unix_trouble(why)))?;
            converse(stream, command, time).await
        }
        HaproxyAddress::Tcp(host, port) => {
            let stream = connected(TcpStream::connect((host.as_str(), *port)), time)
                .await
                .map_err(|why| NoAnswer::NotSent(why.to_string()))?;
            converse(stream, command, time).await
        }
    }
}

async fn connected<S>(
    connecting: impl Future<Output = std::io::Result<S>>,
    time: TimeLeft,
) -> std::io::Result<S> {
    timeout(time.left(), connecting).await.unwrap_or_else(|_| {
        Err(std::io::Error::new(
            std::io::ErrorKind::TimedOut,
            "no connection within the time limit",
        ))
    })
}

fn unix_trouble(error: std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            "no such socket: is HAProxy running, and is this the path of its `stats socket` line?".to_owned()
        }
        std::io::ErrorKind::PermissionDenied => {
            "permission denied: this user may not open the socket, see `mode`, `user` and `group` of its `stats socket` line".to_owned()
        }
        std::io::ErrorKind::ConnectionRefused => {
            "nobody listens at this socket: HAProxy has ended".to_owned()
        }
        _ => error.to_string(),
    }
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    command: &str,
    time: TimeLeft,
) -> Result<String, NoAnswer> {
    let exchange = async {
        stream.write_all(format!("{command}\n").as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = timeout(time.left(), exchange)
        .await
        .map_err(|_| NoAnswer::Lost("no answer within the time limit".to_owned()))?
        .map_err(|error| NoAnswer::Lost(error.to_string()))?;
    // Even a success is an empty line: without it, HAProxy went away before it was done.
    if !answer.ends_with(b"\n") {
        return Err(NoAnswer::Lost(
            "the connection was closed before the answer was complete".to_owned(),
        ));
    }
    Ok(String::from_utf8_lossy(&answer).trim().to_owned())
}
