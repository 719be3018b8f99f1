//! HTTP addresses of the connections file.

use crate::order::Order;
use crate::placeholder::{self, NoTarget};
use crate::secret::CONCEALED;
use core::fmt;
use reqwest::Url;

/// An `http` or `https` address. Shown without user name and password; an address that is itself a secret (as those of chat webhooks are) is shown as scheme and host alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    url: Url,
    /// As configured: parsing encodes the braces of placeholders.
    written: String,
    secret: bool,
}

/// Why a text is no address.
#[derive(Debug, thiserror::Error)]
pub enum AddressProblem {
    /// Not a URL. The text itself is left out: it may be a secret.
    #[error("not a URL ({why}): write it as http://host:port/path")]
    NotAUrl {
        /// What the parser says.
        why: String,
    },
    /// A placeholder in the host: orders go to configured hosts only.
    #[error("the host has a placeholder: only path and query can have one")]
    Host,
    /// Another scheme.
    #[error("scheme `{scheme}` is not supported: use http or https")]
    Scheme {
        /// The scheme found.
        scheme: String,
    },
}

impl Address {
    /// Parses an address that may be shown.
    ///
    /// # Errors
    /// Not a URL, or neither `http` nor `https`.
    pub fn open(text: &str) -> Result<Self, AddressProblem> {
        Self::parse(text, false)
    }

    /// Parses an address that is itself a secret.
    ///
    /// # Errors
    /// Not a URL, or neither `http` nor `https`.
    pub fn secret(text: &str) -> Result<Self, AddressProblem> {
        Self::parse(text, true)
    }

    fn parse(text: &str, secret: bool) -> Result<Self, AddressProblem> {
        let url = Url::parse(text.trim()).map_err(|why| AddressProblem::NotAUrl {
            why: why.to_string(),
        })?;
        if url.host_str().is_some_and(|host| host.contains(['{', '}'])) {
            return Err(AddressProblem::Host);
        }
        match url.scheme() {
            "http" | "https" => Ok(Self {
                url,
                written: text.trim().to_owned(),
                secret,
            }),
            scheme => Err(AddressProblem::Scheme {
                scheme: scheme.to_owned(),
            }),
        }
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether the address is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.url.host_str().is_some_and(|host| {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            host == "localhost"
                || bare
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        })
    }

    /// The address of `segments` below this one, each percent-encoded as one path segment.
    pub(crate) fn below(&self, segments: &[&str]) -> Self {
        let mut url = self.url.clone();
        // Only addresses without a host refuse segments, and http and https have one.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        Self {
            written: url.to_string(),
            url,
            secret: self.secret,
        }
    }

    /// The address with the placeholders of its path and query filled, each value percent-encoded so that it stays in its place.
    pub(crate) fn filled(&self, action: &str, order: &Order) -> Result<Self, NoTarget> {
        if !placeholder::has_any(&self.written) {
            return Ok(self.clone());
        }
        let written = placeholder::fill_encoded(action, &self.written, order, percent_encoded)?;
        Ok(Self {
            url: Url::parse(&written).unwrap_or_else(|_| self.url.clone()),
            written,
            secret: self.secret,
        })
    }

    /// Path and query as an HTTP request line carries them; concealed where the address is a secret.
    pub(crate) fn shown_path(&self) -> String {
        if self.secret {
            return format!("/{CONCEALED}");
        }
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    /// Host and port as a `Host` header carries them.
    pub(crate) fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

fn percent_encoded(value: &str) -> String {
    value
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}://{}{}",
            self.url.scheme(),
            self.host(),
            self.shown_path()
        )
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn passwords_and_secret_paths_are_not_shown() {
        let open = Address::open("http://ann:pw@splitter.example:9000/admin?x=1").unwrap();
        assert_eq!(open.to_string(), "http://splitter.example:9000/admin?x=1");
        let secret =
            Address::secret("https://hooks.example/services/T1/B2/abcdef?token=t").unwrap();
        assert_eq!(format!("{secret:?}"), "https://hooks.example/…");
    }

    #[test]
    fn segments_and_placeholders_cannot_leave_their_place() {
        let base = Address::open("http://localhost:1/admin/").unwrap();
        assert_eq!(
            base.below(&["weights", "a/b?c"]).to_string(),
            "http://localhost:1/admin/weights/a%2Fb%3Fc"
        );
        let check = Address::open("http://localhost:1/{watch}/{target}?key={target}").unwrap();
        let order = crate::order::example("a/{watch}&c");
        assert_eq!(
            check.filled("x", &order).unwrap().to_string(),
            "http://localhost:1/W1/a%2F%7Bwatch%7D%26c?key=a%2F%7Bwatch%7D%26c"
        );
        assert!(matches!(
            Address::open("http://{target}.example/"),
            Err(AddressProblem::Host)
        ));
    }

    #[test]
    fn other_schemes_are_refused() {
        assert!(matches!(
            Address::open("file:///etc/passwd"),
            Err(AddressProblem::Scheme { .. })
        ));
        assert!(matches!(
            Address::open("not a url"),
            Err(AddressProblem::NotAUrl { .. })
        ));
    }

    #[test]
    fn loopback_is_known() {
        for here in ["http://localhost/", "http://127.0.0.1:80/", "http://[::1]/"] {
            assert!(Address::open(here).unwrap().is_loopback(), "{here}");
        }
        assert!(
            !Address::open("http://splitter.example/")
                .unwrap()
                .is_loopback()
        );
    }
}
