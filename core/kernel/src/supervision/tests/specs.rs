//! Specs that are refused.

use super::bench::worker;
use crate::limits::{
    CHILD_ID_BYTES_MAX, CHILD_SHUTDOWN_MS_MAX, RESTART_INTENSITY_MAX, RESTART_PERIOD_MS_MAX,
};
use crate::supervision::{
    AutoShutdown, Backoff, ChildSpec, Restart, Shutdown, SpecError, Strategy, Supervisor, SupervisorSpec,
};

const BACKOFF: Backoff = Backoff { first_ms: 1, wait_ms_max: 10, steady_ms: 10, jitter_percent: 100 };

fn good() -> SupervisorSpec<&'static str> {
    SupervisorSpec::new(Strategy::OneForOne, vec![worker("a"), worker("b")])
}

#[track_caller]
fn refused(change: impl FnOnce(&mut SupervisorSpec<&'static str>), error: SpecError, text: &str) {
    let mut spec = good();
    change(&mut spec);
    assert_eq!(Supervisor::new(spec).err(), Some(error.clone()));
    assert!(error.to_string().contains(text), "{error}");
}

#[test]
fn a_good_spec_is_taken() {
    assert_eq!(good().check(), Ok(()));
    let all = SupervisorSpec {
        intensity: RESTART_INTENSITY_MAX as u32,
        period_ms: RESTART_PERIOD_MS_MAX,
        backoff: Some(BACKOFF),
        auto_shutdown: AutoShutdown::AnySignificant,
        ..good()
    };
    assert_eq!(all.check(), Ok(()));
    assert_eq!(SupervisorSpec { intensity: 0, period_ms: 1, ..good() }.check(), Ok(()));
}

#[test]
fn names_are_unique_and_within_their_bound() {
    refused(
        |spec| spec.children.push(worker("a")),
        SpecError::DuplicateId("a".into()),
        "two children are named \"a\"",
    );
    refused(|spec| spec.children[0].id = "".into(), SpecError::EmptyId, "empty");
    let long = CHILD_ID_BYTES_MAX + 1;
    refused(|spec| spec.children[0].id = "x".repeat(long).into(), SpecError::LongId(long), "1025 bytes");
}

#[test]
fn a_significant_child_has_an_end_that_counts() {
    let significant = |restart| ChildSpec { significant: true, restart, ..worker("s") };
    // OTP names the supervisor's fault before the child's.
    for restart in [Restart::Permanent, Restart::Transient, Restart::Temporary] {
        refused(
            |spec| spec.children.push(significant(restart)),
            SpecError::SignificantWithoutAutoShutdown("s".into()),
            "auto_shutdown is never",
        );
    }
    refused(
        |spec| {
            spec.auto_shutdown = AutoShutdown::AllSignificant;
            spec.children.push(significant(Restart::Permanent));
        },
        SpecError::SignificantPermanent("s".into()),
        "never ends by itself",
    );
}

#[test]
fn numbers_are_within_their_ranges() {
    let restarts = RESTART_INTENSITY_MAX as u32 + 1;
    refused(|spec| spec.intensity = restarts, SpecError::HighIntensity(restarts), "1000001 restarts");
    for period in [0, RESTART_PERIOD_MS_MAX + 1] {
        refused(|spec| spec.period_ms = period, SpecError::Period(period), "it has to be from 1 to");
    }
    let ms = CHILD_SHUTDOWN_MS_MAX + 1;
    refused(
        |spec| spec.children[1].shutdown = Shutdown::After(ms),
        SpecError::LongShutdown("b".into(), ms),
        "take infinity",
    );
}

#[test]
fn a_dynamic_supervisor_has_one_template() {
    refused(|spec| spec.strategy = Strategy::Dynamic, SpecError::DynamicNeedsOneChild(2), "there are 2");
    let none = |spec: &mut SupervisorSpec<_>| {
        spec.strategy = Strategy::Dynamic;
        spec.children.clear();
    };
    refused(none, SpecError::DynamicNeedsOneChild(0), "there are 0");
}

#[test]
fn a_backoff_grows_and_chance_takes_off_no_more_than_there_is() {
    let shrinking = Backoff { first_ms: 11, ..BACKOFF };
    refused(|spec| spec.backoff = Some(shrinking), SpecError::BackoffWaits(shrinking), "from 11 ms to 10 ms");
    let long = Backoff { wait_ms_max: RESTART_PERIOD_MS_MAX + 1, ..BACKOFF };
    refused(|spec| spec.backoff = Some(long), SpecError::BackoffWaits(long), "at most");
    let wild = Backoff { jitter_percent: 101, ..BACKOFF };
    refused(|spec| spec.backoff = Some(wild), SpecError::BackoffJitter(101), "101 per cent");
}
