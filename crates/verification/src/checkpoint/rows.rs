//! Rows and the proof of recovery as bytes.

use super::{Reader, Saved, StateError, Writer};
use crate::recovery::{Proof, ProofKind, Recovery, RecoveryLimit};
use crate::row::{Judge, Row};
use crate::sight::Sight;
use core::time::Duration;
use statistics::{Sample, SingleStream, Starts, Worse};

super::saved!(Sight {
    last_seen,
    missing,
    ever
});
super::saved!(choice Worse { 0 Higher, 1 Lower });
super::saved!(RecoveryLimit {
    row,
    before,
    limit,
    worse,
    dispersion,
    throughout
});

impl Row {
    /// All but its number and weight, by which the watch makes it again.
    pub(super) fn save(&self, to: &mut Writer) {
        self.sight.save(to);
        self.kind.save(to);
        self.because.save(to);
        self.since.save(to);
        self.gaps.save(to);
        self.looks.save(to);
        self.judged_from.save(to);
        match &self.judge {
            Judge::Comparison(comparison) => comparison.save(to),
            Judge::Absolute(absolute) => absolute.save(to),
            Judge::Level(level) => level.save(to),
            Judge::Nothing => {}
        }
    }

    pub(super) fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        self.sight = Sight::load(from)?;
        self.kind = Saved::load(from)?;
        self.because = Saved::load(from)?;
        self.since = Saved::load(from)?;
        self.gaps = Saved::load(from)?;
        self.looks = Saved::load(from)?;
        self.judged_from = Saved::load(from)?;
        match &mut self.judge {
            Judge::Comparison(comparison) => comparison.restore(from),
            Judge::Absolute(absolute) => absolute.restore(from),
            Judge::Level(level) => level.restore(from),
            Judge::Nothing => Ok(()),
        }
    }
}

impl Saved for Recovery {
    fn save(&self, to: &mut Writer) {
        self.since.save(to);
        self.deadline.save(to);
        to.whole(self.proofs.len() as u64);
        for proof in &self.proofs {
            proof.terms.save(to);
            match &proof.kind {
                ProofKind::Evidence { stream, total } => {
                    save_process(to, |bytes| stream.save(bytes));
                    total.save(to);
                }
                ProofKind::Throughout { readings, last } => {
                    readings.save(to);
                    last.save(to);
                }
            }
        }
        self.traffic.is_some().save(to);
        if let Some(traffic) = &self.traffic {
            traffic.span.save(to);
            traffic.save(to);
        }
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let (since, deadline) = Saved::load(from)?;
        let count = from.count()?;
        let proofs = (0..count)
            .map(|_| load_proof(from))
            .collect::<Result<_, StateError>>()?;
        let traffic = if bool::load(from)? {
            let mut traffic = Self::traffic_over(Duration::load(from)?);
            traffic.restore(from)?;
            Some(traffic)
        } else {
            None
        };
        Ok(Self {
            since,
            deadline,
            proofs,
            traffic,
        })
    }
}

fn load_proof(from: &mut Reader<'_>) -> Result<Proof, StateError> {
    let terms = RecoveryLimit::load(from)?;
    let kind = match terms.throughout {
        None => {
            let stream = load_process(from, |bytes| {
                SingleStream::load(
                    terms.limit,
                    terms.worse,
                    terms.dispersion,
                    Starts::NONE,
                    bytes,
                )
            })?;
            ProofKind::Evidence {
                stream: Box::new(stream),
                total: Sample::load(from)?,
            }
        }
        Some(span) => {
            let mut readings = RecoveryLimit::readings(span);
            readings.restore(from)?;
            ProofKind::Throughout {
                readings,
                last: f64::load(from)?,
            }
        }
    };
    Ok(Proof { terms, kind })
}

/// Writes a process of the statistics in its own layout.
pub(crate) fn save_process(to: &mut Writer, save: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = Vec::new();
    save(&mut bytes);
    to.packed(&bytes);
}

pub(crate) fn load_process<T>(
    from: &mut Reader<'_>,
    load: impl FnOnce(&mut &[u8]) -> Result<T, statistics::StateError>,
) -> Result<T, StateError> {
    let bytes = from.packed()?;
    let mut input = bytes.as_slice();
    let process = load(&mut input)?;
    match input.len() {
        0 => Ok(process),
        excess => Err(StateError::TooLong { excess }),
    }
}
