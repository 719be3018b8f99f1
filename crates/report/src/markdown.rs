//! Markdown made of text that others wrote.

use crate::cells;

/// Text that Markdown shows as it stands: nothing in it becomes a heading, link, mention, table border or HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in cells::clean(text).chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(character);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A name in a reason must not call anybody.
            '@' => out.push_str("&#64;"),
            other => out.push(other),
        }
    }
    out
}

/// Text inside HTML, for `<pre>`.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

/// A link where the address is one, else the text.
pub(crate) fn link(address: &str) -> String {
    let is_address = (address.starts_with("https://") || address.starts_with("http://"))
        && address.chars().all(|character| {
            character.is_ascii_graphic()
                && !matches!(character, '<' | '>' | '(' | ')' | '"' | '|' | '`' | '\\')
        });
    if is_address {
        format!("<{address}>")
    } else {
        escape(address)
    }
}

/// One row of a table.
pub(crate) fn row<Cell: AsRef<str>>(cells: &[Cell]) -> String {
    let mut out = String::from("|");
    for cell in cells {
        out.push(' ');
        out.push_str(cell.as_ref());
        out.push_str(" |");
    }
    out.push('\n');
    out
}

/// Heading and rule of a table; `right` names the columns with numbers.
pub(crate) fn heading(titles: &[&str], right: &[usize]) -> String {
    let rule: Vec<&str> = (0..titles.len())
        .map(|at| if right.contains(&at) { "---:" } else { "---" })
        .collect();
    format!("{}{}", row(titles), row(&rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(
            escape("a|b <img> [x](y) @ada"),
            "a\\|b &lt;img&gt; \\[x\\](y) &#64;ada"
        );
        assert_eq!(
            link("https://runbooks.example/a"),
            "<https://runbooks.example/a>"
        );
        assert_eq!(link("https://x/<script>"), "https://x/&lt;script&gt;");
        assert_eq!(link("see the wiki"), "see the wiki");
    }
}
