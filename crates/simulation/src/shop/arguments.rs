//! The flags of a pod's process.

use std::net::SocketAddr;

use super::ShopOptions;
use crate::faults::{Faults, FaultsError};

/// Why flags were refused.
#[derive(Debug, thiserror::Error)]
pub enum ArgumentsError {
    #[error(
        "unknown argument {0:?}; a shop takes --listen ADDRESS:PORT, --version NAME, --pod NAME, --seed NUMBER, \
         --faults FAULTS and --ends-with-stdin"
    )]
    Unknown(String),
    #[error("{0} needs a value")]
    NoValue(String),
    #[error("{flag} {value:?} is not {expected}")]
    Unreadable {
        flag: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error("--faults: {0}")]
    Faults(#[from] FaultsError),
}

impl Default for ShopOptions {
    /// A free port on this machine, version and pod named `1`, seed 1, no faults.
    fn default() -> ShopOptions {
        ShopOptions {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            version: "1".to_owned(),
            pod: "1".to_owned(),
            seed: 1,
            faults: Faults::none(),
            ends_with_stdin: false,
        }
    }
}

impl ShopOptions {
    /// Reads flags, each as `--name value` or `--name=value`; what is not given is as in [`ShopOptions::default`].
    pub fn from_args(arguments: &[String]) -> Result<ShopOptions, ArgumentsError> {
        let mut options = ShopOptions::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let (flag, attached) = match argument.split_once('=') {
                Some((flag, value)) => (flag, Some(value)),
                None => (argument.as_str(), None),
            };
            let mut value = || {
                attached
                    .or_else(|| arguments.next().map(String::as_str))
                    .ok_or_else(|| ArgumentsError::NoValue(flag.to_owned()))
            };
            match flag {
                "--listen" => {
                    options.listen = parsed("--listen", value()?, "an address with a port")?;
                }
                "--version" => options.version = value()?.to_owned(),
                "--pod" => options.pod = value()?.to_owned(),
                "--seed" => options.seed = parsed("--seed", value()?, "a whole number")?,
                "--faults" => options.faults = value()?.parse()?,
                "--ends-with-stdin" if attached.is_none() => options.ends_with_stdin = true,
                _ => return Err(ArgumentsError::Unknown(argument.clone())),
            }
        }
        Ok(options)
    }

    /// Writes the flags that [`ShopOptions::from_args`] reads back.
    pub fn to_args(&self) -> Vec<String> {
        let mut arguments = vec![
            format!("--listen={}", self.listen),
            format!("--version={}", self.version),
            format!("--pod={}", self.pod),
            format!("--seed={}", self.seed),
            format!("--faults={}", self.faults),
        ];
        if self.ends_with_stdin {
            arguments.push("--ends-with-stdin".to_owned());
        }
        arguments
    }
}

fn parsed<T: std::str::FromStr>(
    flag: &'static str,
    value: &str,
    expected: &'static str,
) -> Result<T, ArgumentsError> {
    value.parse().map_err(|_| ArgumentsError::Unreadable {
        flag,
        value: value.to_owned(),
        expected,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(arguments: &[&str]) -> Result<ShopOptions, ArgumentsError> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        ShopOptions::from_args(&arguments)
    }

    #[test]
    fn written_flags_are_read_back() {
        let options = ShopOptions {
            listen: "[::1]:8080".parse().unwrap(),
            version: "4.18.0=rc".to_owned(),
            pod: "shop 1".to_owned(),
            seed: 99,
            faults: "slow:route=/cart,added-ms=5;blind".parse().unwrap(),
            ends_with_stdin: true,
        };
        let written = ShopOptions::from_args(&options.to_args()).unwrap();
        assert_eq!(written, options);
        assert_eq!(read(&[]).unwrap(), ShopOptions::default());
        assert_eq!(read(&["--seed", "5"]).unwrap().seed, 5);
    }

    #[test]
    fn wrong_flags_say_what_is_wrong() {
        let refusal = |arguments: &[&str]| read(arguments).unwrap_err().to_string();
        assert!(refusal(&["--pods", "1"]).contains("--pods"));
        assert!(refusal(&["--seed"]).contains("--seed needs a value"));
        assert!(refusal(&["--seed", "many"]).contains("many"));
        assert!(refusal(&["--listen", "8080"]).contains("an address with a port"));
        assert!(refusal(&["--faults", "sloow"]).contains("sloow"));
        assert!(refusal(&["--ends-with-stdin=yes"]).contains("--ends-with-stdin=yes"));
    }
}
