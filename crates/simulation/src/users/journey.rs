//! What a visitor does from entering to leaving.

use crate::route::Route;

/// One request of a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    LookAround,
    Browse,
    ViewItem,
    AddToCart,
    ViewCart,
    Checkout,
    ViewOrders,
    /// The receipt of the last checkout; the list of orders where there is none.
    ViewOrder,
}

impl Step {
    pub const fn route(self) -> Route {
        match self {
            Step::LookAround => Route::Home,
            Step::Browse => Route::Catalogue,
            Step::ViewItem => Route::Item,
            Step::AddToCart | Step::ViewCart => Route::Cart,
            Step::Checkout => Route::Checkout,
            Step::ViewOrders => Route::Orders,
            Step::ViewOrder => Route::Order,
        }
    }
}

/// Three purchases in twenty requests. Since every visitor walks it all, it fixes the share of each route:
/// `/` 10 %, `/catalogue` 15 %, `/catalogue/{item}` 25 %, `/cart` 20 % (three of four add to it), `/checkout` 15 %,
/// `/orders` 5 %, `/orders/{id}` 10 %.
pub const JOURNEY: [Step; 20] = [
    Step::LookAround,
    Step::Browse,
    Step::ViewItem,
    Step::AddToCart,
    Step::ViewCart,
    Step::Checkout,
    Step::ViewOrder,
    Step::Browse,
    Step::ViewItem,
    Step::ViewItem,
    Step::AddToCart,
    Step::Checkout,
    Step::ViewOrders,
    Step::LookAround,
    Step::Browse,
    Step::ViewItem,
    Step::ViewItem,
    Step::AddToCart,
    Step::Checkout,
    Step::ViewOrder,
];

/// Returns a route's share of all requests, in `0..=1`.
pub fn share(route: Route) -> f64 {
    let steps = JOURNEY.iter().filter(|step| step.route() == route).count();
    steps as f64 / JOURNEY.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_as_documented() {
        for (route, percent) in [
            (Route::Home, 10.0),
            (Route::Catalogue, 15.0),
            (Route::Item, 25.0),
            (Route::Cart, 20.0),
            (Route::Checkout, 15.0),
            (Route::Orders, 5.0),
            (Route::Order, 10.0),
        ] {
            assert!((share(route) * 100.0 - percent).abs() < 1e-9, "{route}");
        }
    }

    #[test]
    fn nobody_pays_before_filling_a_cart() {
        let mut filled = false;
        for step in JOURNEY {
            match step {
                Step::AddToCart => filled = true,
                Step::Checkout => {
                    assert!(filled);
                    filled = false;
                }
                _ => {}
            }
        }
    }
}
