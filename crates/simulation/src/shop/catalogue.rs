//! What the shop sells.

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Item {
    pub number: u32,
    pub name: &'static str,
    pub price_cents: u64,
}

const ITEMS: [Item; 12] = [
    item(1, "anchor, brass", 4_900),
    item(2, "barometer", 12_900),
    item(3, "bell, ship's", 7_500),
    item(4, "chart, North Sea", 1_850),
    item(5, "compass, pocket", 3_200),
    item(6, "flag, signal, set of 40", 15_900),
    item(7, "lantern, storm", 4_450),
    item(8, "log book", 1_290),
    item(9, "rope, 20 m", 2_380),
    item(10, "sextant", 48_900),
    item(11, "spyglass", 8_900),
    item(12, "whistle, bosun's", 990),
];

/// How many items there are; their numbers are 1 to this.
pub(crate) const ITEM_COUNT: u32 = ITEMS.len() as u32;

const fn item(number: u32, name: &'static str, price_cents: u64) -> Item {
    Item {
        number,
        name,
        price_cents,
    }
}

pub(super) fn all() -> &'static [Item] {
    &ITEMS
}

pub(super) fn find(number: u32) -> Option<&'static Item> {
    ITEMS.iter().find(|item| item.number == number)
}
