//! From the rooms' errors to exit codes and hints.

use crate::exit_reason::{Code, Failure, chain};
use ledger::LedgerError;
use server::KeeperError;
use server::sealing::SealError;

/// Trouble with the ledger.
pub fn of_ledger(error: &LedgerError) -> Failure {
    let code = match error {
        LedgerError::Permission { .. } | LedgerError::ReadOnly(_) => Code::Permission,
        LedgerError::Folder(_) | LedgerError::Missing(_) | LedgerError::NoSuchWatch(_) => {
            Code::Usage
        }
        LedgerError::Broken(_) | LedgerError::Unreadable { .. } => Code::ChainBroken,
        _ => Code::Ledger,
    };
    Failure::new(code, chain(error))
}

/// Trouble of a keeper.
pub fn of_keeper(error: &KeeperError) -> Failure {
    match error {
        KeeperError::Ledger(error) => of_ledger(error),
        KeeperError::Unwritable { .. } => Failure::new(Code::Ledger, chain(error)),
        KeeperError::Replay(_) => Failure::new(Code::ChainBroken, chain(error)),
        KeeperError::Sources(_) | KeeperError::Action { .. } => {
            Failure::new(Code::PlanInvalid, chain(error))
        }
        KeeperError::ReaderEnded => Failure::new(Code::Bug, chain(error)),
    }
}

/// Trouble while sealing.
pub fn of_seal(error: &SealError) -> Failure {
    match error {
        SealError::Ledger(error) => of_ledger(error),
        SealError::Sources(_) => Failure::new(Code::PlanInvalid, chain(error)),
    }
}
