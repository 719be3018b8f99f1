//! A command in a process group of its own, ended as a group.

use super::output_tail::OutputTail;
use core::time::Duration;
use rustix::process::{Pid, Signal, kill_process_group};
use std::process::{ExitStatus, Stdio};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

/// Time between the polite and the final signal: enough to remove a lock file, short against any time limit.
const GRACE: Duration = Duration::from_millis(500);

/// Time to read what a command wrote before it ended. The pipe is local and its writers are gone: it is empty long before.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How a command ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// By itself.
    By(ExitStatus),
    /// At its time limit.
    TimeLimit,
    /// It never started.
    NotStarted(std::io::Error),
}

/// The group of a running command. Dropping it ends the group: no command outlives an attempt that was given up.
struct Group(Pid);

impl Group {
    fn signal(&self, signal: Signal) {
        // The only failure is that no process of the group is left.
        let _ = kill_process_group(self.0, signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// Runs `command` to its end or to its time limit, and gives `tail` what it writes to both of its outputs.
///
/// Whatever the command leaves behind in its group ends with it. A process that leaves the group (a daemon with a session of its own) is not reached.
pub(crate) async fn run(
    mut command: Command,
    stdin: Stdio,
    time_limit: Duration,
    tail: &mut OutputTail,
) -> Ended {
    let (mut output, mut child) = match start(&mut command, stdin) {
        Ok(started) => started,
        Err(error) => return Ended::NotStarted(error),
    };
    // The command holds the write end of the pipe: while it lives, no end of output is seen.
    drop(command);
    let Some(group) = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw)
        .map(Group)
    else {
        return Ended::NotStarted(std::io::Error::other(
            "the system gave it no process number",
        ));
    };
    let ended = {
        let mut buffer = [0; 8 * 1024];
        let mut open = true;
        let waiting = async {
            loop {
                tokio::select! {
                    status = child.wait() => return status,
                    read = output.read(&mut buffer), if open => match read {
                        Ok(length) if length > 0 => tail.push(&buffer[..length]),
                        _ => open = false,
                    },
                }
            }
        };
        timeout(time_limit, waiting).await
    };
    match ended {
        Ok(Ok(status)) => {
            // The number of a group is not given away while a member is left, and where none is left this reaches nobody.
            drop(group);
            read_rest(&mut output, tail).await;
            Ended::By(status)
        }
        Ok(Err(error)) => Ended::NotStarted(error),
        Err(_) => {
            group.signal(Signal::TERM);
            let _ = timeout(GRACE, gone(group.0)).await;
            drop(group);
            let _ = child.wait().await;
            read_rest(&mut output, tail).await;
            Ended::TimeLimit
        }
    }
}

fn start(
    command: &mut Command,
    stdin: Stdio,
) -> std::io::Result<(pipe::Receiver, tokio::process::Child)> {
    let (reader, writer) = std::io::pipe()?;
    let output = pipe::Receiver::from_owned_fd(reader.into())?;
    let child = command
        .stdin(stdin)
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0)
        .spawn()?;
    Ok((output, child))
}

/// Waits until the leader has ended, and leaves its number in use: it is still to be waited for.
async fn gone(leader: Pid) {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    while let Ok(None) = waitid(WaitId::Pid(leader), options) {
        sleep(GRACE / 50).await;
    }
}

async fn read_rest(output: &mut pipe::Receiver, tail: &mut OutputTail) {
    let mut buffer = [0; 8 * 1024];
    let rest = async {
        while let Ok(length) = output.read(&mut buffer).await {
            if length == 0 {
                break;
            }
            tail.push(&buffer[..length]);
        }
    };
    let _ = timeout(LAST_WORDS, rest).await;
}
