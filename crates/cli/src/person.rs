//! Who acts, as it is recorded.

/// The name given, else the user's.
pub fn person(given: Option<&str>) -> String {
    given
        .map(str::to_owned)
        .or_else(|| {
            ["USER", "LOGNAME"]
                .iter()
                .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        })
        .unwrap_or_else(|| "unknown".to_owned())
}
