//! What went wrong in one look, said once each.

use verification::observation::SourceProblem;

use crate::trouble::Trouble;

/// Most problems of one look that are kept: a broken server must not fill the ledger.
const MOST: usize = 8;

/// Problems in the order in which they came up.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    said: Vec<SourceProblem>,
    /// Kinds of trouble that are about a server as a whole, by source: one query's words stand for all.
    general: Vec<(String, std::mem::Discriminant<Trouble>)>,
}

impl Problems {
    /// Notes a trouble of a source.
    pub(crate) fn trouble(&mut self, source: &str, trouble: &Trouble) {
        if !matches!(trouble, Trouble::Rejected { .. } | Trouble::TooLarge { .. }) {
            let kind = (source.to_owned(), std::mem::discriminant(trouble));
            if self.general.contains(&kind) {
                return;
            }
            self.general.push(kind);
        }
        self.push(source, trouble.to_string(), trouble.refused());
    }

    /// Notes something else.
    pub(crate) fn note(&mut self, source: &str, message: impl Into<String>) {
        self.push(source, message.into(), false);
    }

    /// Notes something about access, or something else.
    pub(crate) fn say(&mut self, source: &str, message: String, refused: bool) {
        self.push(source, message, refused);
    }

    fn push(&mut self, source: &str, message: String, refused: bool) {
        let problem = SourceProblem {
            source: source.to_owned(),
            message,
            refused,
        };
        // Refused access is worth more than what came before it.
        if self.said.contains(&problem) || (self.said.len() >= MOST && !refused) {
            return;
        }
        self.said.push(problem);
        if self.said.len() > MOST
            && let Some(at) = self.said.iter().rposition(|problem| !problem.refused)
        {
            self.said.remove(at);
        }
        self.said.truncate(MOST);
    }

    pub(crate) fn into_inner(self) -> Vec<SourceProblem> {
        self.said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_said_once_and_the_number_is_bounded() {
        let mut problems = Problems::default();
        for at in 0..100 {
            problems.note("p", format!("message {}", at % 50));
        }
        problems.trouble(
            "p",
            &Trouble::Refused {
                place: "x".into(),
                status: 403,
            },
        );
        let kept = problems.into_inner();
        assert_eq!(kept.len(), MOST);
        assert!(kept.iter().any(|problem| problem.refused));
    }
}
