//! Subscriptions to what is seen of an engine.

mod host;

use everact::address::KindId;
use everact::process::Resident;
use everact::trace::event::{Happening, Sort, TraceEvent};
use everact::trace::filter::{Filter, Keys, Sorts};
use everact::{Engine, ErrorCode, Finding, Interest, Seen, Subscription};
use host::{ADD, Host, config};

fn events(filter: Filter) -> Interest {
    Interest { observations: false, events: Some(filter), buffer: 1_000 }
}

fn all(subscription: &Subscription) -> Vec<TraceEvent> {
    let of = |seen| match seen {
        Seen::Event { event, .. } => event,
        Seen::Observation(other) => panic!("{other}"),
    };
    subscription.take(usize::MAX).seen.into_iter().map(of).collect()
}

#[test]
fn events_of_all_shards_come_in_one_buffer_until_the_subscription_is_dropped() {
    let mut host = Host::open(None);
    let sorts = Sorts::of([Sort::Start, Sort::Commit]);
    let subscription =
        host.engine.subscribe(events(Filter { sorts, ..Filter::default() })).expect("subscribes");
    let keys: Vec<String> = (0..50).map(|number| format!("k{number}")).collect();
    for key in &keys {
        host.ask(1, ADD, key, 1).expect("adds");
    }
    host.ask(0, ADD, "durable", 1).expect("adds");
    let seen = all(&subscription);
    let started = |event: &TraceEvent| match (&event.who, &event.what) {
        (Resident::Actor { kind: KindId(1), key }, Happening::TurnStarted { .. }) => Some(key.to_string()),
        _ => None,
    };
    assert_eq!(seen.iter().filter_map(started).collect::<Vec<_>>(), keys);
    assert_eq!(seen.last().map(|event| event.what.clone()), Some(Happening::Committed { revision: 1 }));
    assert_eq!(subscription.take(usize::MAX), everact::Taken::default(), "what was taken is gone");
    drop(subscription);
    // Its place is free again, in the engine and in every shard.
    for _ in 0..100 {
        host.engine.subscribe(events(Filter::default())).expect("there is room");
    }
}

#[test]
fn a_trace_ends_by_itself_and_says_so() {
    let mut host = Host::open(None);
    let filter = Filter { sorts: Sorts::of([Sort::End]), events_max: 5, ..Filter::default() };
    let subscription = host.engine.subscribe(events(filter)).expect("subscribes");
    for number in 0..20 {
        host.ask(1, ADD, &format!("k{number}"), 1).expect("adds");
    }
    let taken = subscription.take(3);
    assert_eq!((taken.seen.len(), taken.ended), (3, false), "two are left in the buffer");
    let taken = subscription.take(usize::MAX);
    assert_eq!((taken.seen.len(), taken.lost, taken.ended), (2, 0, true));
}

#[test]
fn a_subscriber_that_does_not_take_loses_events_and_slows_nobody() {
    let mut host = Host::open(None);
    let filter = Filter { keys: Keys::Only("a".into()), sorts: Sorts::of([Sort::End]), ..Filter::default() };
    let interest = Interest { buffer: 10, ..events(filter) };
    let subscription = host.engine.subscribe(interest).expect("subscribes");
    for _ in 0..100 {
        host.ask(1, ADD, "a", 1).expect("adds");
        host.ask(1, ADD, "b", 1).expect("adds");
    }
    let taken = subscription.take(usize::MAX);
    assert_eq!((taken.seen.len(), taken.lost), (10, 90));
}

#[test]
fn observations_reach_subscribers_beside_the_host() {
    let mut given = config(None);
    given.slow_turn_ms = 20;
    let mut host = Host::over(Engine::open(given, None).expect("opens"));
    let interest = Interest { observations: true, events: None, buffer: 10 };
    let subscription = host.engine.subscribe(interest).expect("subscribes");
    host.engine.observe(Finding::ThreadPanicked);
    host.until(|host| !host.notices.is_empty());
    let taken = subscription.take(usize::MAX);
    let [Seen::Observation(seen)] = &taken.seen[..] else { panic!("{taken:?}") };
    assert_eq!(seen.finding, Finding::ThreadPanicked);
    assert_eq!(host.notices[0].code, ErrorCode::Internal);
    assert_eq!(host.notices[0].text, "a core thread panicked and went on");
}
