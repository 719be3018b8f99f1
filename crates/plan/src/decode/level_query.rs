//! The one place where free PromQL may stand. It is not parsed, only checked for what would make both sides the same.

use crate::problem::Code;
use crate::reader::Reader;
use crate::tree::Node;

/// Word that stands for the matchers of one side.
const SIDE: &str = "$side";

/// Reports what is wrong with a level query; true where nothing is.
pub(super) fn check(reader: &mut Reader<'_>, node: &Node, query: &str) -> bool {
    if query.is_empty() {
        reader.error(Code::NoValue, node.span, "the query is empty");
        return false;
    }
    let scan = scan(query);
    if let Some((at, message)) = scan.unbalanced {
        let span = reader.inside(node, at, 1);
        reader
            .error(Code::BadSelector, span, message)
            .help("check the brackets and quotes of the expression");
        return false;
    }
    if let Some(at) = scan.side_outside {
        let span = reader.inside(node, at, SIDE.len());
        reader
            .error(Code::IgnoresSide, span, "`$side` stands outside of braces")
            .help("it stands for label matchers: put it inside the braces of a selector, as in queue_depth{$side}");
        return false;
    }
    if scan.selectors_with_side == 0 {
        reader
            .error(Code::IgnoresSide, node.span, "the query ignores `$side`: both sides would get the same number")
            .help("put $side inside the braces of each selector, as in sum(queue_depth{queue=\"capture\",$side})");
        return false;
    }
    if scan.selectors_without_side > 0 {
        reader
            .warning(
                Code::IgnoresSide,
                node.span,
                "one of the selectors in braces does not ask for a side",
            )
            .help("put $side inside its braces too, unless it is meant to cover both sides");
    }
    true
}

#[derive(Default)]
struct Scan {
    unbalanced: Option<(usize, &'static str)>,
    side_outside: Option<usize>,
    selectors_with_side: usize,
    selectors_without_side: usize,
}

fn scan(query: &str) -> Scan {
    let mut found = Scan::default();
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut quote: Option<(char, usize)> = None;
    let mut escaped = false;
    let mut side_here = false;
    for (at, character) in query.char_indices() {
        if let Some((mark, _)) = quote {
            if escaped {
                escaped = false;
            } else if character == '\\' && mark != '`' {
                escaped = true;
            } else if character == mark {
                quote = None;
            }
            continue;
        }
        match character {
            '"' | '\'' | '`' => quote = Some((character, at)),
            '(' | '[' | '{' => {
                open.push((character, at));
                side_here = false;
            }
            ')' | ']' | '}' => {
                let wanted = match character {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if open.pop().is_none_or(|(opened, _)| opened != wanted) {
                    found.unbalanced = Some((at, "this bracket closes nothing"));
                    return found;
                }
                if character == '}' {
                    if side_here {
                        found.selectors_with_side += 1;
                    } else {
                        found.selectors_without_side += 1;
                    }
                }
            }
            '$' if query[at..].starts_with(SIDE) => {
                if open.last().is_some_and(|(opened, _)| *opened == '{') {
                    side_here = true;
                } else {
                    found.side_outside.get_or_insert(at);
                }
            }
            _ => {}
        }
    }
    if let Some((_, at)) = quote {
        found.unbalanced = Some((at, "this quote is not closed"));
    } else if let Some((_, at)) = open.last() {
        found.unbalanced = Some((*at, "this bracket is not closed"));
    }
    found
}
