//! Carts and orders in the memory of one pod.

use std::collections::{BTreeMap, VecDeque};

use super::receipt::{self, Line, MOST_LINES, MOST_OF_ONE_ITEM};
use crate::seeded;

/// Carts that are kept; the oldest goes first. Enough for the visitors of a minute, and little enough for the
/// `cart_items` gauge to settle soon: with several pods, most carts are paid elsewhere and never emptied here.
const MOST_CARTS: usize = 200;
/// Orders that are kept; the oldest goes first.
const MOST_ORDERS: usize = 2_000;

pub(super) struct Store {
    carts: BTreeMap<String, Vec<Line>>,
    /// Visitors with a cart, the oldest first.
    cart_order: VecDeque<String>,
    orders: VecDeque<Order>,
    next_order: u64,
}

struct Order {
    visitor: String,
    receipt: String,
}

impl Store {
    pub(super) fn new(pod: &str) -> Store {
        Store {
            carts: BTreeMap::new(),
            cart_order: VecDeque::new(),
            orders: VecDeque::new(),
            // Pods number their orders from far apart: receipts of two pods differ.
            next_order: seeded::hash(pod),
        }
    }

    pub(super) fn cart(&self, visitor: &str) -> Vec<Line> {
        self.carts.get(visitor).cloned().unwrap_or_default()
    }

    /// Adds to the visitor's cart, as far as a cart holds, and returns the cart.
    pub(super) fn add(&mut self, visitor: &str, added: Line) -> Vec<Line> {
        if !self.carts.contains_key(visitor) {
            if self.cart_order.len() >= MOST_CARTS
                && let Some(oldest) = self.cart_order.pop_front()
            {
                self.carts.remove(&oldest);
            }
            self.cart_order.push_back(visitor.to_owned());
        }
        let cart = self.carts.entry(visitor.to_owned()).or_default();
        if let Some(line) = cart.iter_mut().find(|line| line.item == added.item) {
            line.quantity = line
                .quantity
                .saturating_add(added.quantity)
                .min(MOST_OF_ONE_ITEM);
        } else if cart.len() < MOST_LINES {
            cart.push(added);
        }
        cart.clone()
    }

    /// Empties the visitor's cart after a payment.
    pub(super) fn empty_cart(&mut self, visitor: &str) {
        if self.carts.remove(visitor).is_some() {
            self.cart_order.retain(|other| other != visitor);
        }
    }

    /// Writes a receipt for paid lines, and the order unless it is `swallowed`.
    pub(super) fn complete(&mut self, visitor: &str, lines: &[Line], swallowed: bool) -> String {
        let receipt = receipt::write(lines, self.next_order);
        self.next_order = self.next_order.wrapping_add(1);
        if !swallowed {
            if self.orders.len() >= MOST_ORDERS {
                self.orders.pop_front();
            }
            self.orders.push_back(Order {
                visitor: visitor.to_owned(),
                receipt: receipt.clone(),
            });
        }
        receipt
    }

    /// The visitor's receipts, the oldest first.
    pub(super) fn orders(&self, visitor: &str) -> Vec<String> {
        self.orders
            .iter()
            .filter(|order| order.visitor == visitor)
            .map(|order| order.receipt.clone())
            .collect()
    }

    /// How many items lie in all carts.
    pub(super) fn cart_items(&self) -> u64 {
        self.carts
            .values()
            .flatten()
            .map(|line| u64::from(line.quantity))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROPE: Line = Line {
        item: 9,
        quantity: 2,
    };

    #[test]
    fn a_paid_cart_is_empty_and_a_swallowed_order_missing() {
        let mut store = Store::new("a");
        store.add("ada", ROPE);
        let cart = store.add("ada", ROPE);
        assert_eq!(
            cart,
            [Line {
                item: 9,
                quantity: 4
            }]
        );
        assert_eq!(store.cart_items(), 4);
        let receipt = store.complete("ada", &cart, false);
        store.empty_cart("ada");
        store.complete("ada", &cart, true);
        assert_eq!(store.orders("ada"), [receipt]);
        assert_eq!(store.cart_items(), 0);
    }

    #[test]
    fn carts_and_orders_are_bounded() {
        let mut store = Store::new("a");
        for visitor in 0..10_000 {
            let visitor = visitor.to_string();
            store.add(&visitor, ROPE);
            store.complete(&visitor, &[ROPE], false);
        }
        assert_eq!(store.carts.len(), MOST_CARTS);
        assert_eq!(store.cart_order.len(), MOST_CARTS);
        assert_eq!(store.orders.len(), MOST_ORDERS);
        assert!(store.cart("0").is_empty());
        assert_eq!(store.cart("9999"), [ROPE]);
    }
}
