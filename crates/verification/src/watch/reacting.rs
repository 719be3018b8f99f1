//! From failing rows to decisions and orders.

use super::Watch;
use crate::decision::{By, Decision, Instead, Verb};
use crate::event::Event;
use crate::failing::Failing;
use crate::intent::{Intent, IntentId};
use crate::terms::{DecidedBy, Reaction};
use crate::time::Timestamp;
use crate::verdict::RowId;
use core::time::Duration;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// How long a message may be tried to be delivered, where the plan says nothing.
const MESSAGE_DEADLINE: Duration = Duration::from_secs(600);
/// How long a criterion must have been quiet before it may call for the same reaction again: shorter, and one trouble calls twice; longer, and a second trouble goes unheard.
const QUIET_FOR: Duration = Duration::from_secs(3600);

impl Watch {
    /// Records a decision and orders what it asks for. A rollback is ordered by the caller, once nobody may object any more.
    pub(super) fn decide(
        &mut self,
        verb: Verb,
        rows: Vec<RowId>,
        authority: By,
        effective_at: Option<Timestamp>,
        instead: Option<Instead>,
    ) {
        let decision = Decision {
            verb,
            at: self.at,
            rows,
            authority,
            effective_at,
            instead,
        };
        self.decisions.push(decision.clone());
        self.out.push(Event::Decision(decision));
        let reaction = match verb {
            Verb::Page => Reaction::Page,
            Verb::Ticket => Reaction::Ticket,
            Verb::Review => Reaction::Review,
            Verb::RollBack | Verb::Hold | Verb::Release | Verb::Confirm => return,
        };
        self.order(reaction);
    }

    /// Orders an action; complete, so that the runner has nothing to choose.
    pub(super) fn order(&mut self, reaction: Reaction) -> &Intent {
        let id = IntentId(
            u32::try_from(self.intents.len())
                .unwrap_or(u32::MAX)
                .saturating_add(1),
        );
        // Seconds of the order's time, so that generations rise across the watches of a service too; at least one more than before.
        let seconds = u32::try_from(self.at.millis() / 1000).unwrap_or(0);
        self.generation = self.generation.saturating_add(1).max(seconds);
        let terms = self.sealed.plan.action(reaction);
        let intent = Intent {
            id,
            generation: self.generation,
            reaction,
            run: terms.map(|terms| terms.run.clone()),
            target: terms.and_then(|terms| terms.target.clone()),
            settings: terms
                .map(|terms| terms.settings.clone())
                .unwrap_or_default(),
            at: self.at,
            deadline: self.at + terms.map_or(MESSAGE_DEADLINE, |terms| terms.within),
        };
        self.out.push(Event::Intent(intent.clone()));
        self.intents.push((intent, None));
        &self.intents[self.intents.len() - 1].0
    }

    /// Lighter reactions, and the page that replaces a rollback where `blocked` says that Shakedown does not order it: once a criterion and reaction, until the criterion
    /// has been quiet for an hour.
    pub(super) fn react(&mut self, failing: &Failing, blocked: Option<Instead>) {
        if failing.roll_back.is_empty() && failing.lighter.is_empty() {
            return;
        }
        let sealed = Arc::clone(&self.sealed);
        let then = |id: RowId| sealed.plan.criteria[usize::from(id.criterion)].then.iter();
        let mut wanted: Vec<(Reaction, RowId, Option<Instead>)> = Vec::new();
        for &(at, _) in &failing.roll_back {
            let id = self.rows[at].id;
            for &reaction in then(id) {
                match (reaction, blocked) {
                    (Reaction::RollBack, Some(instead)) => {
                        wanted.push((Reaction::Page, id, Some(instead)));
                    }
                    (Reaction::RollBack, None) => {}
                    (lighter, _) => wanted.push((lighter, id, None)),
                }
            }
        }
        for &(at, _, baseline_too) in &failing.lighter {
            let id = self.rows[at].id;
            let instead = baseline_too.then_some(Instead::BaselineToo);
            for &reaction in then(id) {
                match reaction {
                    Reaction::RollBack => wanted.push((Reaction::Page, id, instead)),
                    lighter => wanted.push((lighter, id, None)),
                }
            }
        }
        // A page that says why no rollback follows comes before the criterion's own.
        wanted.sort_by_key(|&(reaction, id, instead)| (reaction, id, instead.is_none()));
        let mut grouped: Vec<(Reaction, Vec<RowId>, Option<Instead>)> = Vec::new();
        let mut renewed: Vec<(u16, Reaction)> = Vec::new();
        for (reaction, id, instead) in wanted {
            let key = (id.criterion, reaction);
            let known = renewed.contains(&key);
            if !known && !self.is_due(key) {
                continue;
            }
            match grouped
                .iter_mut()
                .find(|(other, _, why)| *other == reaction && *why == instead)
            {
                // Slices of a criterion that fail together are named together.
                Some((_, rows, _)) if !rows.contains(&id) => rows.push(id),
                Some(_) => {}
                None if known => {}
                None => grouped.push((reaction, vec![id], instead)),
            }
            if !known {
                renewed.push(key);
            }
        }
        for (reaction, rows, instead) in grouped {
            self.decide(reaction.into(), rows, By::Criteria, None, instead);
        }
    }

    /// Whether a criterion's reason for a reaction is a new one; remembers it either way.
    fn is_due(&mut self, key: (u16, Reaction)) -> bool {
        match self.reacted.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(self.at);
                true
            }
            Entry::Occupied(mut entry) => {
                let quiet = self.at.since(*entry.get());
                entry.insert(self.at);
                quiet >= QUIET_FOR
            }
        }
    }

    /// Whether one of these rows has given reason for a reaction lately.
    pub(super) fn has_reacted(&self, rows: &[RowId], reaction: Reaction) -> bool {
        rows.iter()
            .filter_map(|row| self.reacted.get(&(row.criterion, reaction)))
            .any(|last| self.at.since(*last) < QUIET_FOR)
    }

    /// Takes a reason for a reaction as answered.
    pub(super) fn mark_reacted(&mut self, rows: &[RowId], reaction: Reaction) {
        for row in rows {
            self.reacted.insert((row.criterion, reaction), self.at);
        }
    }

    /// Why a rollback that the criteria ask for is not ordered by Shakedown, if so.
    pub(super) fn roll_back_blocked(&self) -> Option<Instead> {
        if self.held_by.is_some() {
            Some(Instead::Held)
        } else if self.sealed.plan.action(Reaction::RollBack).is_none() {
            Some(Instead::NoAction)
        } else if self.sealed.plan.authority.roll_back.decided_by != DecidedBy::Shakedown {
            Some(Instead::HumanDecides)
        } else {
            None
        }
    }
}
