//! Receipts that carry what they stand for, so that every pod can show every order without a shared database.

use serde::{Deserialize, Serialize};

use super::catalogue;
use crate::seeded;

/// Some of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub item: u32,
    pub quantity: u32,
}

/// The most of one item, and the most lines, in one cart.
pub(super) const MOST_OF_ONE_ITEM: u32 = 99;
pub(super) const MOST_LINES: usize = 20;

impl Line {
    pub(super) fn is_sold(&self) -> bool {
        catalogue::find(self.item).is_some() && (1..=MOST_OF_ONE_ITEM).contains(&self.quantity)
    }
}

/// What all lines cost together; lines of unknown items cost nothing.
pub(super) fn total_cents(lines: &[Line]) -> u64 {
    lines
        .iter()
        .filter_map(|line| {
            catalogue::find(line.item).map(|item| item.price_cents * u64::from(line.quantity))
        })
        .sum()
}

/// Writes `3x1_7x2-NUMBER-CHECK`.
pub(super) fn write(lines: &[Line], number: u64) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|line| format!("{}x{}", line.item, line.quantity))
        .collect();
    let body = format!("{}-{number:x}", lines.join("_"));
    let check = check(&body);
    format!("{body}-{check}")
}

/// Reads a receipt; `None` where no pod has written it.
pub(super) fn read(receipt: &str) -> Option<Vec<Line>> {
    let (body, found) = receipt.rsplit_once('-')?;
    if found != check(body) {
        return None;
    }
    let (lines, _number) = body.split_once('-')?;
    lines
        .split('_')
        .map(|line| {
            let (item, quantity) = line.split_once('x')?;
            let line = Line {
                item: item.parse().ok()?,
                quantity: quantity.parse().ok()?,
            };
            line.is_sold().then_some(line)
        })
        .collect()
}

/// Tells a typing error from a receipt. It is no secret: nothing here is worth forging.
fn check(body: &str) -> String {
    format!("{:08x}", seeded::hash(body) >> 32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_receipt_tells_its_lines_and_a_changed_one_nothing() {
        let lines = [
            Line {
                item: 3,
                quantity: 1,
            },
            Line {
                item: 7,
                quantity: 2,
            },
        ];
        let receipt = write(&lines, 0xfeed);
        assert_eq!(read(&receipt).unwrap(), lines);
        assert_eq!(total_cents(&lines), 7_500 + 2 * 4_450);
        assert_eq!(read(&receipt.replace("7x2", "7x3")), None);
        assert_eq!(read("none"), None);
        assert_eq!(read(""), None);
    }
}
