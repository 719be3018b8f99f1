//! How far the sources' clocks are from ours.

use std::time::{Duration, Instant};

use verification::time::Timestamp;

use crate::reader::{Reader, SourceKind};
use crate::trouble::Trouble;

/// One clock compared with ours.
#[derive(Clone, Debug, PartialEq)]
pub struct ClockSkew {
    /// Name of the source.
    pub source: String,
    /// Address without credentials.
    pub place: String,
    /// How far its clock is ahead of ours, in milliseconds, and how far off that may be; or why it cannot be told.
    pub ahead: Result<(i64, Duration), Trouble>,
}

impl Reader {
    /// Asks every source for its time. `now` is ours at the moment of the call.
    ///
    /// A Prometheus server tells it to the millisecond, a metrics page to the second (its `Date` header; pages without one
    /// are left out). Half of the time that the answer took is added to the uncertainty.
    pub async fn clock_skew(&mut self, now: Timestamp) -> Vec<ClockSkew> {
        const PAGE_RESOLUTION: Duration = Duration::from_secs(1);
        let begun = Instant::now();
        let mut clocks = Vec::new();
        for at in 0..self.sources.len() {
            let source = self.sources[at].name.clone();
            match &self.sources[at].kind {
                SourceKind::Prometheus { client, .. } => {
                    let client = client.clone();
                    let asked = begun.elapsed();
                    let answer = client.instant("time()", None).await;
                    let took = begun.elapsed().saturating_sub(asked);
                    let ours = now + asked + took / 2;
                    clocks.push(ClockSkew {
                        source,
                        place: client.place().to_owned(),
                        ahead: answer.and_then(|answered| {
                            let seconds =
                                answered.data.first().map(|row| row.value).ok_or_else(|| {
                                    Trouble::Unreadable {
                                        place: client.place().to_owned(),
                                        why: "it does not tell the time".to_owned(),
                                    }
                                })?;
                            Ok(((seconds * 1000.0) as i64 - ours.millis(), took / 2))
                        }),
                    });
                }
                SourceKind::Scrape { .. } => {
                    let asked = begun.elapsed();
                    for page in self.pages(at, now).await {
                        let ahead = match page.answer {
                            Ok(scraped) => {
                                let Some((date, took)) = scraped.date else {
                                    continue;
                                };
                                // A date is cut to the second: the true time is half a second later on average.
                                let theirs = date + 500;
                                let ours = now + asked + took / 2;
                                Ok((theirs - ours.millis(), took / 2 + PAGE_RESOLUTION))
                            }
                            Err(trouble) => Err(trouble),
                        };
                        clocks.push(ClockSkew {
                            source: source.clone(),
                            place: page.place,
                            ahead,
                        });
                    }
                }
            }
        }
        clocks
    }
}
