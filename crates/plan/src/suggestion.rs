//! "Did you mean": the known word nearest to what was written.

/// The word of `known` that `written` was probably meant to be, if one is near enough to suggest.
///
/// Near enough is a third of the longer word in edits (insert, delete, replace, swap of neighbours), or a common word stem.
pub(crate) fn nearest<'word>(
    written: &str,
    known: impl IntoIterator<Item = &'word str>,
) -> Option<&'word str> {
    let plain = plain(written);
    let mut best: Option<(usize, &str)> = None;
    for word in known {
        let candidate = self::plain(word);
        let distance = edits(&plain, &candidate);
        let longest = plain.len().max(candidate.len());
        let near = distance <= longest.div_ceil(3)
            || (plain.len() >= 4
                && (candidate.starts_with(&plain) || plain.starts_with(&candidate)));
        if near && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, word));
        }
    }
    best.map(|(_, word)| word)
}

/// Case and separators do not matter for likeness.
fn plain(word: &str) -> Vec<char> {
    word.chars()
        .take(80)
        .filter(|character| !matches!(character, '-' | '_' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Optimal string alignment distance.
fn edits(left: &[char], right: &[char]) -> usize {
    let width = right.len() + 1;
    let mut before_last: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    for (row, from) in left.iter().enumerate() {
        let mut current = vec![row + 1; width];
        for (column, to) in right.iter().enumerate() {
            let replaced = last[column] + usize::from(from != to);
            let mut least = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && *from == right[column - 1] && left[row - 1] == *to;
            if swapped {
                least = least.min(before_last[column - 1] + 1);
            }
            current[column + 1] = least;
        }
        before_last = last;
        last = current;
    }
    last[width - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant_and_nothing_far_away() {
        let known = ["sustained-for", "signal", "measure", "judge-every"];
        assert_eq!(nearest("sustained-four", known), Some("sustained-for"));
        assert_eq!(nearest("sustained_for", known), Some("sustained-for"));
        assert_eq!(nearest("singal", known), Some("signal"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
    }
}
