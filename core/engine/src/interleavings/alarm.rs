//! The alarm under several threads: no deadline is overslept.

use super::every_order;
use super::world::{SINK, World};
use crate::sync::thread;

/// A world in which time has been looked at once, so that the next look is a while off; and a time before that.
fn asleep() -> (World, u64) {
    let world = World::new();
    world.machine().pass_time();
    let soon = world.machine().work().alarm.rings_at() / 2;
    assert!(soon > 0);
    (world, soon)
}

#[test]
fn an_earlier_time_wakes_the_thread_that_sleeps() {
    every_order(|| {
        let (world, soon) = asleep();
        let sleeping = thread::spawn({
            let world = world.clone();
            move || {
                let alarm = &world.machine().work().alarm;
                while alarm.rings_at() > soon {
                    assert!(alarm.sleep(soon), "it was not stopped");
                }
            }
        });
        world.machine().work().alarm.due_at(soon);
        sleeping.join().expect("no panic");
    });
}

#[test]
fn a_stopped_alarm_ends_the_thread_that_sleeps() {
    every_order(|| {
        let (world, soon) = asleep();
        let sleeping = thread::spawn({
            let world = world.clone();
            move || while world.machine().work().alarm.sleep(0) {}
        });
        world.machine().work().alarm.due_at(soon);
        world.machine().work().alarm.stop();
        sleeping.join().expect("no panic");
    });
}

/// An ask comes while the clock's thread looks at all shards: it has passed the ask's shard, or it finds the ask there.
#[test]
fn a_deadline_that_is_set_while_time_passes_is_not_overslept() {
    every_order(|| {
        let world = World::new();
        let sink = world.key(SINK, 0, false);
        let passing = thread::spawn({
            let world = world.clone();
            move || world.machine().pass_time()
        });
        let deadline = 50;
        let call = world.ask_within(deadline, 1, (SINK, &sink), None);
        assert!(call.events.is_empty(), "its turn goes to the lane");
        passing.join().expect("no panic");
        assert!(world.machine().work().alarm.rings_at() <= u64::from(deadline));
    });
}
