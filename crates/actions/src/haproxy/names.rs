//! Names that may stand in a runtime API command.

/// Refuses what is no HAProxy name: letters, digits, `-`, `_`, `.` and `:` (configuration guide, 2.4 and 4). A space, a line end or a `;` would begin
/// something else.
pub(crate) fn check(what: &str, name: &str) -> Result<(), String> {
    let fits = |character: char| character.is_ascii_alphanumeric() || "-_.:".contains(character);
    if name.is_empty() {
        Err(format!("the name of the {what} is empty"))
    } else if let Some(wrong) = name.chars().find(|character| !fits(*character)) {
        Err(format!(
            "{what} name {name:?} has the character {wrong:?}: HAProxy names are letters, digits, `-`, `_`, `.` and `:`"
        ))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_could_begin_another_command_is_refused() {
        for name in ["", "a b", "a;b", "a\nb", "a/b", "a\0", "ä"] {
            assert!(check("server", name).is_err(), "{name:?}");
        }
        for name in ["v2", "shop-canary_1.eu:8080"] {
            assert!(check("server", name).is_ok(), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_name_is_one_word(name in "\\PC*|[a-z;\n\r \t/#\\\\]*") {
            if check("server", &name).is_ok() {
                prop_assert_eq!(name.split(|c: char| c.is_whitespace() || ";/\\#\"'".contains(c)).count(), 1);
            }
        }
    }
}
