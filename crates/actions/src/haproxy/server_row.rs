//! The answer to `show servers state` (management guide, 9.3).

use crate::config::ServerState;
use std::collections::BTreeMap;

/// Administrative states as bits of `srv_admin_state`: maintenance and drain forced through the runtime API.
const FORCED_MAINT: u32 = 0x01;
const FORCED_DRAIN: u32 = 0x08;

/// One server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServerRow {
    /// Weight in force as set, 0 to 256.
    pub weight: u16,
    admin_state: u32,
}

impl ServerRow {
    pub(crate) const fn is(self, state: ServerState) -> bool {
        let bit = match state {
            ServerState::Drain => FORCED_DRAIN,
            ServerState::Maint => FORCED_MAINT,
        };
        self.admin_state & bit != 0
    }
}

/// Parses the answer for one backend: the version `1`, a line of column names after `#`, a line for each server. Columns are found by name: later
/// versions add some.
pub(crate) fn parse(answer: &str) -> Option<BTreeMap<String, ServerRow>> {
    let mut lines = answer
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    if lines.next()? != "1" {
        return None;
    }
    let columns: Vec<&str> = lines
        .next()?
        .strip_prefix('#')?
        .split_whitespace()
        .collect();
    let place = |column| columns.iter().position(|name| *name == column);
    let (name, weight, admin) = (
        place("srv_name")?,
        place("srv_uweight")?,
        place("srv_admin_state")?,
    );
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            Some((
                (*cells.get(name)?).to_owned(),
                ServerRow {
                    weight: cells.get(weight)?.parse().ok()?,
                    admin_state: cells.get(admin)?.parse().ok()?,
                },
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn columns_are_found_by_name() {
        let answer = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight\n\
                      3 shop 1 v1 127.0.0.1 2 0 90 90\n3 shop 2 v2 127.0.0.1 2 8 0 10\n";
        let rows = parse(answer).unwrap();
        assert_eq!(rows["v1"].weight, 90);
        assert!(!rows["v1"].is(ServerState::Drain));
        assert_eq!(rows["v2"].weight, 0);
        assert!(rows["v2"].is(ServerState::Drain));
        assert!(!rows["v2"].is(ServerState::Maint));
    }

    #[test]
    fn what_is_something_else_is_not_guessed_at() {
        for answer in [
            "",
            "Can't find backend.",
            "2\n# srv_name\nv1",
            "1\n# srv_name srv_uweight\nv1 1",
            "1\n# srv_name srv_uweight srv_admin_state\nv1 x 0",
        ] {
            assert_eq!(parse(answer), None, "{answer:?}");
        }
    }
}
