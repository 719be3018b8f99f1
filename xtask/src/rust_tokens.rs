//! Splits Rust source into tokens, well enough to look for names outside comments and texts.
//!
//! Not a parser: it knows comments, texts in all their forms, lifetimes and names. Macro bodies are tokens like all others.

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword; raw names come without their `r#`.
    Name(String),
    /// The content of a text literal, escapes left as written.
    Text(String),
    /// Any other character, and each digit run, by its first character.
    Mark(char),
}

/// A token and the line it starts on, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub line: usize,
}

impl Token {
    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

/// Returns the tokens of a source text; an unfinished comment or text ends with the source.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut reader = Reader {
        rest: source,
        line: 1,
    };
    let mut tokens = Vec::new();
    while let Some(token) = reader.next_token() {
        tokens.push(token);
    }
    tokens
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    fn next_token(&mut self) -> Option<Token> {
        self.skip_blank_and_comments();
        let line = self.line;
        let first = self.rest.chars().next()?;
        let kind = if let Some(text) = self.text_literal() {
            Kind::Text(text.to_owned())
        } else if first == '\'' {
            self.quote()
        } else if first.is_alphabetic() || first == '_' {
            let raw = self.rest.starts_with("r#");
            self.take(if raw { 2 } else { 0 });
            let name = self.take_while(|c| c.is_alphanumeric() || c == '_');
            Kind::Name(name.to_owned())
        } else if first.is_ascii_digit() {
            self.take_while(|c| c.is_alphanumeric() || c == '_');
            Kind::Mark('0')
        } else {
            self.take(first.len_utf8());
            Kind::Mark(first)
        };
        Some(Token { kind, line })
    }

    fn skip_blank_and_comments(&mut self) {
        loop {
            self.take_while(char::is_whitespace);
            if self.rest.starts_with("//") {
                self.take_while(|c| c != '\n');
            } else if self.rest.starts_with("/*") {
                self.block_comment();
            } else {
                return;
            }
        }
    }

    /// Block comments nest in Rust.
    fn block_comment(&mut self) {
        let mut depth = 0;
        while !self.rest.is_empty() {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.take(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.take(2);
                if depth == 0 {
                    return;
                }
            } else {
                self.take_character();
            }
        }
    }

    /// Takes `"…"`, `r#"…"#` and their byte and C forms.
    fn text_literal(&mut self) -> Option<&'a str> {
        let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
            self.rest
                .strip_prefix(prefix)
                .is_some_and(|after| after.trim_start_matches('#').starts_with('"'))
        })?;
        let after_prefix = &self.rest[prefix.len()..];
        let hashes = after_prefix.len() - after_prefix.trim_start_matches('#').len();
        let raw = prefix.ends_with('r');
        if hashes > 0 && !raw {
            return None;
        }
        self.take(prefix.len() + hashes + 1);
        let body = self.rest;
        let length = if raw {
            let end = format!("\"{}", "#".repeat(hashes));
            body.find(&end).unwrap_or(body.len())
        } else {
            end_of_escaped(body, '"')
        };
        self.take(length);
        self.take((1 + hashes).min(self.rest.len()));
        Some(&body[..length])
    }

    /// A lifetime or label yields its mark alone; a character literal is swallowed whole.
    fn quote(&mut self) -> Kind {
        let body = &self.rest[1..];
        let mut characters = body.chars();
        let (first, second) = (characters.next(), characters.next());
        let is_lifetime =
            first.is_some_and(|c| c.is_alphabetic() || c == '_') && second != Some('\'');
        if is_lifetime {
            self.take(1);
            self.take_while(|c| c.is_alphanumeric() || c == '_');
        } else {
            let end = end_of_escaped(body, '\'');
            self.take((1 + end + 1).min(self.rest.len()));
        }
        Kind::Mark('\'')
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !keep(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn take_character(&mut self) {
        let length = self.rest.chars().next().map_or(0, char::len_utf8);
        self.take(length);
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }
}

/// Returns the offset of the closing quote, or the length where there is none.
fn end_of_escaped(body: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, character) in body.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return offset,
            _ => {}
        }
    }
    body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str) -> Vec<String> {
        let tokens = tokens(source);
        tokens
            .iter()
            .filter_map(|token| token.name().map(str::to_owned))
            .collect()
    }

    #[test]
    fn comments_and_texts_hide_names() {
        let source = r##"
            // one
            /* two /* three */ four */
            let five = "six \" seven"; let raw = r#"eight " nine"#; let bytes = b"ten";
        "##;
        assert_eq!(names(source), ["let", "five", "let", "raw", "let", "bytes"]);
    }

    #[test]
    fn lifetimes_and_characters_are_told_apart() {
        assert_eq!(
            names("fn f<'a>(x: &'a str) { g('x', '\\'', '\"', 'ß'); h }"),
            ["fn", "f", "x", "str", "g", "h"]
        );
    }

    #[test]
    fn texts_keep_their_content_and_lines_are_counted() {
        let tokens = tokens("a\n\"one\ntwo\"\nr#type");
        assert_eq!(tokens[1].text(), Some("one\ntwo"));
        assert_eq!(tokens[2].name(), Some("type"));
        assert_eq!(tokens.iter().map(|t| t.line).collect::<Vec<_>>(), [1, 2, 4]);
    }

    #[test]
    fn numbers_with_suffixes_are_no_names() {
        assert_eq!(names("1_000u64 + 0xffu8 + 1.5e3"), Vec::<String>::new());
    }

    #[test]
    fn unfinished_source_ends_quietly() {
        for source in ["\"open", "r#\"open", "/* open", "'", "b"] {
            tokens(source);
        }
    }
}
