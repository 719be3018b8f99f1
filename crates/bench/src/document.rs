//! The document of all tables: a measurement replaces its own section and leaves the others as they are.

/// How a new document begins.
pub const OPENING: &str = "\
# Benchmarks

Written by `cargo xtask bench [NAME …]`, one section a measurement; each names the machine it was taken on. Numbers are
medians of repeated runs in a release build. A goal comes from the design; **no** means that it is not reached there.
Rows in processor time hardly depend on what else the machine does; where a section says time on the wall they do, and a wide range shows it.
";

/// Returns the document with the section `name` holding `body`, in its old place or at the end.
pub fn with_section(document: &str, name: &str, body: &str) -> String {
    let heading = format!("## {name}");
    let mut kept = Vec::new();
    let mut replaced = false;
    let mut skipping = false;
    for line in document.lines() {
        if line.starts_with("## ") {
            skipping = line.trim_end() == heading;
            if skipping {
                kept.push(section(&heading, body));
                replaced = true;
            }
        }
        if !skipping {
            kept.push(format!("{line}\n"));
        }
    }
    if !replaced {
        let ends_blank = kept.last().is_none_or(|line| line == "\n");
        if !ends_blank {
            kept.push("\n".to_owned());
        }
        kept.push(section(&heading, body));
    }
    format!("{}\n", kept.concat().trim_end())
}

fn section(heading: &str, body: &str) -> String {
    format!("{heading}\n\n{}\n\n", body.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_added_then_replaced_in_place() {
        let one = with_section("# Title\n\nWords.\n", "one", "1\n");
        let two = with_section(&one, "two", "2\n");
        assert_eq!(two, "# Title\n\nWords.\n\n## one\n\n1\n\n## two\n\n2\n");
        let again = with_section(&two, "one", "1a\n\n### part\n\n1b");
        assert_eq!(
            again,
            "# Title\n\nWords.\n\n## one\n\n1a\n\n### part\n\n1b\n\n## two\n\n2\n"
        );
        assert_eq!(with_section(&again, "one", "1\n"), two);
    }

    #[test]
    fn a_name_that_begins_another_is_its_own() {
        let document = "# T\n\n## step\n\na\n\n## step-cost\n\nb\n";
        assert_eq!(
            with_section(document, "step", "c"),
            "# T\n\n## step\n\nc\n\n## step-cost\n\nb\n"
        );
    }
}
