//! The routes of the shop, by the template that appears as `http_route` in its metrics.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A route of the shop. Two methods on one path are one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Route {
    #[serde(rename = "/")]
    Home,
    #[serde(rename = "/catalogue")]
    Catalogue,
    #[serde(rename = "/catalogue/{item}")]
    Item,
    #[serde(rename = "/cart")]
    Cart,
    #[serde(rename = "/checkout")]
    Checkout,
    #[serde(rename = "/orders")]
    Orders,
    #[serde(rename = "/orders/{id}")]
    Order,
}

impl Route {
    pub const ALL: [Route; 7] = [
        Route::Home,
        Route::Catalogue,
        Route::Item,
        Route::Cart,
        Route::Checkout,
        Route::Orders,
        Route::Order,
    ];

    /// The path template, as in `http_route`.
    pub const fn template(self) -> &'static str {
        match self {
            Route::Home => "/",
            Route::Catalogue => "/catalogue",
            Route::Item => "/catalogue/{item}",
            Route::Cart => "/cart",
            Route::Checkout => "/checkout",
            Route::Orders => "/orders",
            Route::Order => "/orders/{id}",
        }
    }

    /// Returns the route of a path template; `None` for anything else.
    pub fn from_template(template: &str) -> Option<Route> {
        Route::ALL
            .into_iter()
            .find(|route| route.template() == template)
    }

    /// Returns the route that a request path belongs to.
    pub fn of_path(path: &str) -> Option<Route> {
        if let Some(route) = Route::from_template(path) {
            return Some(route);
        }
        let (parent, last) = path.rsplit_once('/')?;
        match parent {
            _ if last.is_empty() => None,
            "/catalogue" => Some(Route::Item),
            "/orders" => Some(Route::Order),
            _ => None,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.template())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn json_and_templates_agree() {
        for route in Route::ALL {
            let json = serde_json::to_value(route).unwrap();
            assert_eq!(json, route.template());
            assert_eq!(serde_json::from_value::<Route>(json).unwrap(), route);
            assert_eq!(Route::from_template(route.template()), Some(route));
        }
        assert_eq!(Route::from_template("/catalogue/7"), None);
    }

    #[test]
    fn paths_belong_to_the_route_that_serves_them() {
        for (path, route) in [
            ("/", Some(Route::Home)),
            ("/catalogue", Some(Route::Catalogue)),
            ("/catalogue/7", Some(Route::Item)),
            ("/orders/a-b", Some(Route::Order)),
            ("/orders/", None),
            ("/orders/a/b", None),
            ("/carts", None),
            ("", None),
        ] {
            assert_eq!(Route::of_path(path), route, "{path}");
        }
    }
}
