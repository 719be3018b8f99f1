//! Follows `mod` declarations from the roots of a crate: which files belong to it, and which of them are tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::rust_tokens::{Token, tokens};

/// A file that the compiler would read.
#[derive(Debug)]
pub struct Module {
    pub path: PathBuf,
    /// Under `#[cfg(test)]`, itself or by its parent; always true below `tests/`.
    pub is_test: bool,
    /// All tokens, tests included.
    pub tokens: Vec<Token>,
}

impl Module {
    /// Returns the tokens that are compiled outside tests.
    pub fn production_tokens(&self) -> Vec<Token> {
        if self.is_test {
            Vec::new()
        } else {
            without_tests(&self.tokens)
        }
    }
}

/// Reads all modules of the crate in `directory`, from its library, programs, build script, tests, benches and examples.
///
/// # Errors
/// If a directory or declared file cannot be read.
pub fn modules(directory: &Path) -> Result<Vec<Module>> {
    let mut modules = Vec::new();
    for file in ["src/lib.rs", "src/main.rs", "build.rs"] {
        let root = directory.join(file);
        if root.is_file() {
            follow(&root, true, false, &mut modules)?;
        }
    }
    for folder in ["src/bin", "examples", "tests", "benches"] {
        for root in roots_in(&directory.join(folder))? {
            let is_test = folder == "tests" || folder == "benches";
            follow(&root, true, is_test, &mut modules)?;
        }
    }
    Ok(modules)
}

/// Returns the `.rs` files under `directory` that no module declares: the compiler never sees them.
///
/// # Errors
/// If a directory cannot be read.
pub fn orphans(directory: &Path, modules: &[Module]) -> Result<Vec<PathBuf>> {
    let known: BTreeSet<&Path> = modules.iter().map(|module| module.path.as_path()).collect();
    let mut orphans = Vec::new();
    for folder in ["src", "tests", "benches", "examples"] {
        let mut files = Vec::new();
        crate::files::walk(&directory.join(folder), &mut files)?;
        orphans.extend(files.into_iter().filter(|file| {
            file.extension().is_some_and(|extension| extension == "rs")
                && !known.contains(file.as_path())
        }));
    }
    Ok(orphans)
}

/// Returns the roots in a folder of programs or tests: `x.rs` and `x/main.rs`.
pub fn roots_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut roots = Vec::new();
    if !folder.is_dir() {
        return Ok(roots);
    }
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?
    {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            roots.push(path);
        } else if path.join("main.rs").is_file() {
            roots.push(path.join("main.rs"));
        }
    }
    roots.sort();
    Ok(roots)
}

fn follow(file: &Path, is_root: bool, is_test: bool, modules: &mut Vec<Module>) -> Result<()> {
    let source =
        std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let tokens = tokens(&source);
    let parent = file.parent().unwrap_or(Path::new(""));
    let own_folder = match file.file_stem().and_then(|stem| stem.to_str()) {
        Some(stem) if !is_root && stem != "mod" => parent.join(stem),
        _ => parent.to_owned(),
    };
    let children = declarations(&tokens);
    modules.push(Module {
        path: file.to_owned(),
        is_test,
        tokens,
    });
    for child in children {
        let folder = child
            .inside
            .iter()
            .fold(own_folder.clone(), |at, name| at.join(name));
        let candidates = match &child.path {
            Some(path) => vec![parent.join(path)],
            None => vec![
                folder.join(format!("{}.rs", child.name)),
                folder.join(&child.name).join("mod.rs"),
            ],
        };
        // A missing file is the compiler's to report.
        if let Some(found) = candidates.into_iter().find(|path| path.is_file()) {
            follow(&found, false, is_test || child.is_test, modules)?;
        }
    }
    Ok(())
}

/// `mod name;`, with the inline modules around it.
struct Declaration {
    name: String,
    inside: Vec<String>,
    path: Option<String>,
    is_test: bool,
}

fn declarations(tokens: &[Token]) -> Vec<Declaration> {
    let production = without_tests(tokens);
    let declared_in = |tokens: &[Token], is_test: bool| {
        let mut found = Vec::new();
        let mut inline: Vec<(String, usize)> = Vec::new();
        let mut depth = 0;
        for (at, token) in tokens.iter().enumerate() {
            if token.is('{') {
                depth += 1;
            } else if token.is('}') {
                depth -= 1;
                inline.retain(|(_, opened)| *opened <= depth);
            } else if token.name() == Some("mod")
                && let Some(name) = tokens.get(at + 1).and_then(Token::name)
                && let Some(after) = tokens.get(at + 2)
            {
                if after.is('{') {
                    inline.push((name.to_owned(), depth + 1));
                } else if after.is(';') {
                    found.push(Declaration {
                        name: name.to_owned(),
                        inside: inline.iter().map(|(name, _)| name.clone()).collect(),
                        path: path_attribute(&tokens[..at]),
                        is_test,
                    });
                }
            }
        }
        found
    };
    let mut all = declared_in(&production, false);
    let tests = declared_in(tokens, true).into_iter().filter(|child| {
        !all.iter()
            .any(|known| known.name == child.name && known.inside == child.inside)
    });
    let tests: Vec<Declaration> = tests.collect();
    all.extend(tests);
    all
}

/// Returns `x` where the tokens end with `#[path = "x"]`, a visibility aside.
fn path_attribute(before: &[Token]) -> Option<String> {
    let end = before.iter().rposition(|token| token.is(']'))?;
    let between = &before[end + 1..];
    let visibility = |token: &Token| {
        matches!(
            token.name(),
            Some("pub" | "crate" | "super" | "in" | "self")
        ) || token.is('(')
            || token.is(')')
    };
    let attribute = before.get(end.checked_sub(4)?..end)?;
    (between.iter().all(visibility) && attribute[0].is('[') && attribute[1].name() == Some("path"))
        .then(|| attribute[3].text().map(str::to_owned))
        .flatten()
}

/// Returns the tokens without the items marked `#[cfg(test)]`, `#[cfg(all(test, …))]` or `#[test]`.
pub fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match attribute_end(tokens, at) {
            Some(end) if is_test_attribute(&tokens[at..end]) => at = item_end(tokens, end),
            Some(end) => {
                kept.extend_from_slice(&tokens[at..end]);
                at = end;
            }
            None => {
                kept.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    kept
}

/// Returns the place after the attribute that starts at `at`, if one does.
fn attribute_end(tokens: &[Token], at: usize) -> Option<usize> {
    let opens = tokens[at].is('#') && tokens.get(at + 1)?.is('[');
    opens.then(|| closing(tokens, at + 1))
}

fn is_test_attribute(attribute: &[Token]) -> bool {
    let names: Vec<&str> = attribute.iter().filter_map(Token::name).collect();
    match names.as_slice() {
        ["test"] | [_, "test"] => true, // also `tokio::test` and `cfg(test)`
        ["cfg", "all", ..] => names.contains(&"test"),
        _ => false,
    }
}

/// Returns the place after the item at `at`: its further attributes, then up to `;` or a closed brace.
fn item_end(tokens: &[Token], mut at: usize) -> usize {
    while at < tokens.len() {
        if let Some(end) = attribute_end(tokens, at) {
            at = end;
        } else if tokens[at].is(';') {
            return at + 1;
        } else if tokens[at].is('{') {
            return closing(tokens, at);
        } else if tokens[at].is('(') || tokens[at].is('[') {
            at = closing(tokens, at);
        } else {
            at += 1;
        }
    }
    at
}

/// Returns the place after the bracket that closes the one at `at`.
fn closing(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0;
    for (offset, token) in tokens[at..].iter().enumerate() {
        if ['(', '[', '{'].iter().any(|mark| token.is(*mark)) {
            depth += 1;
        } else if [')', ']', '}'].iter().any(|mark| token.is(*mark)) {
            depth -= 1;
            if depth == 0 {
                return at + offset + 1;
            }
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[test]
    fn test_items_are_cut_and_the_rest_kept() {
        let source = "use a; #[cfg(test)] mod tests { use b; } #[test] fn c() { d } #[tokio::test] async fn e() {} \
                      #[cfg(test)] #[allow(x)] use f; #[cfg(unix)] fn g() {}";
        let kept = without_tests(&tokens(source));
        let names: Vec<&str> = kept.iter().filter_map(Token::name).collect();
        assert_eq!(names, ["use", "a", "cfg", "unix", "fn", "g"]);
    }

    #[test]
    fn modules_are_followed_and_orphans_found() {
        let tree = Fixture::new(&[
            (
                "src/lib.rs",
                "mod a; pub mod b { mod c; } #[cfg(test)] mod d;",
            ),
            ("src/a.rs", "mod e;"),
            ("src/a/e.rs", ""),
            ("src/b/c.rs", ""),
            ("src/d.rs", "mod f;"),
            ("src/d/f.rs", ""),
            ("src/forgotten.rs", ""),
            ("tests/it/main.rs", "mod g;"),
            ("tests/it/g.rs", ""),
            ("tests/it/also_forgotten.rs", ""),
        ]);
        let modules = modules(tree.path()).unwrap();
        let described: Vec<(String, bool)> = modules
            .iter()
            .map(|module| (tree.relative(&module.path), module.is_test))
            .collect();
        let expected = [
            ("src/lib.rs", false),
            ("src/a.rs", false),
            ("src/a/e.rs", false),
            ("src/b/c.rs", false),
            ("src/d.rs", true),
            ("src/d/f.rs", true),
            ("tests/it/main.rs", true),
            ("tests/it/g.rs", true),
        ]
        .map(|(path, is_test)| (path.to_owned(), is_test));
        assert_eq!(described, expected);
        let orphans: Vec<String> = orphans(tree.path(), &modules)
            .unwrap()
            .iter()
            .map(|path| tree.relative(path))
            .collect();
        assert_eq!(orphans, ["src/forgotten.rs", "tests/it/also_forgotten.rs"]);
    }

    #[test]
    fn a_path_attribute_is_followed() {
        let tree = Fixture::new(&[
            (
                "src/lib.rs",
                "#[path = \"../shared/x.rs\"] pub(crate) mod x;",
            ),
            ("shared/x.rs", ""),
        ]);
        let modules = modules(tree.path()).unwrap();
        assert!(modules[1].path.ends_with("shared/x.rs"));
    }
}
