//! A chain gives a replay its steps back.

use crate::chain::{Place, acquire};
use crate::samples::{seal, tick, tick_record, time};
use ledger::{Difference, Expired, Record, recorded_steps};
use std::time::Duration;
use verification::event::{Event, Input, Refusal, State, StateChange};
use verification::intent::IntentId;

fn event(seconds: i64) -> Event {
    Event::State(StateChange {
        state: State::Watching,
        at: time(seconds),
        ended: false,
    })
}

fn engine(version: &str) -> Record {
    Record::Engine {
        version: version.to_owned(),
        keeper: "keeper-1".to_owned(),
    }
}

#[tokio::test]
async fn inputs_come_with_the_events_recorded_after_them_and_their_engine() {
    let place = Place::new();
    let ledger = place.open().await;
    let watch = ledger.seal_watch(seal("checkout")).await.unwrap();
    let lease = acquire(&ledger, watch).await;
    let records = [
        Record::Started { at: time(0) },
        engine("0.1.0"),
        tick_record(1, 1000),
        Record::Event(event(1)),
        Record::Attempt {
            intent: IntentId(1),
            at: time(1),
        },
        Record::Event(Event::Refused(Refusal::Ended)),
        tick_record(2, 1000),
        // The keeper died before it had written the events and another took up.
        engine("0.2.0"),
        Record::Event(event(2)),
        Record::Checkpoint { state: vec![1] },
        Record::Input {
            now: time(180),
            input: Input::Clock,
        },
    ];
    ledger.append(&lease, &records, time(180)).await.unwrap();
    let entries = ledger.read(watch, 1).await.unwrap();
    let steps: Vec<_> = recorded_steps(&entries).map(Result::unwrap).collect();
    assert_eq!(steps.len(), 3);
    assert_eq!(*steps[0].input, Input::Tick(tick(1, 1000)));
    assert_eq!(steps[0].seq, 4);
    assert_eq!(
        steps[0].events,
        [(5, &event(1)), (7, &Event::Refused(Refusal::Ended))]
    );
    assert_eq!(steps[0].engine, Some("0.1.0"));
    assert_eq!(steps[1].events, [(10, &event(2))]);
    assert_eq!(steps[1].engine, Some("0.1.0"));
    assert_eq!((steps[2].now, steps[2].input), (time(180), &Input::Clock));
    assert_eq!(steps[2].engine, Some("0.2.0"));
    assert!(steps[2].events.is_empty());

    let same = [event(1), Event::Refused(Refusal::Ended)];
    assert_eq!(steps[0].compare(watch, &same), None);
    let other = [event(1), Event::Refused(Refusal::NotHeld)];
    assert_eq!(
        steps[0].compare(watch, &other),
        Some(Difference {
            watch,
            seq: 4,
            at: 1,
            recorded: Some(same[1].clone()),
            replayed: Some(other[1].clone()),
        })
    );
    let missing = steps[0].compare(watch, &same[..1]).unwrap();
    assert_eq!((missing.at, missing.replayed), (1, None));
    let more = steps[2].compare(watch, &same).unwrap();
    assert_eq!((more.at, more.recorded), (0, None));

    // Ticks before the checkpoint expire; a replay says so, and begins after the checkpoint.
    let expired = ledger
        .expire(watch, time(180) + Duration::from_secs(1))
        .await;
    assert_eq!(expired, Ok(2));
    let entries = ledger.read(watch, 1).await.unwrap();
    let steps: Vec<_> = recorded_steps(&entries).collect();
    assert_eq!(steps.len(), 3);
    assert_eq!(steps[0], Err(Expired { seq: 4 }));
    assert_eq!(steps[1], Err(Expired { seq: 8 }));
    let checkpoint = ledger.latest_checkpoint(watch).await.unwrap().unwrap();
    let entries = ledger.read(watch, checkpoint.seq + 1).await.unwrap();
    let steps: Vec<_> = recorded_steps(&entries).map(Result::unwrap).collect();
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0].seq, 12);
    ledger.close().await;
}
