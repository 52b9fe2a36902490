//! The bounds of everything that grows: one row for each collection that is a field of kernel or engine.
//!
//! A row is a marker type for `Bounded`. `docs/reference/limits.md` is made from this list.

use crate::bounded::{Bound, Fixed, Governed, Limit, Row};

macro_rules! bounds {
    ($(#[doc = $holds:literal] $name:ident: $unit:ident, $sort:ident($limit:tt), $beyond:literal;)+) => {
        $(
            #[doc = $holds]
            #[derive(Clone, Copy, Debug)]
            pub enum $name {}

            impl Bound for $name {
                const ROW: Row = Row {
                    name: stringify!($name),
                    holds: $holds.trim_ascii(),
                    unit: stringify!($unit),
                    limit: limit!($sort $limit),
                    beyond: $beyond,
                };
            }

            sort!($name $sort $limit);
        )+

        /// Every bound, in the order of the list.
        pub const ALL: &[Row] = &[$($name::ROW),+];
    };
}

macro_rules! limit {
    (at_most $limit:ident) => {
        Limit::AtMost(super::$limit)
    };
    (governed_by $limit:ident) => {
        Limit::Constant(stringify!($limit), super::$limit)
    };
    (governed_by $setting:literal) => {
        Limit::Setting($setting)
    };
}

macro_rules! sort {
    ($name:ident at_most $limit:ident) => {
        impl Fixed for $name {
            const MAX: usize = super::$limit;
        }
    };
    ($name:ident governed_by $by:tt) => {
        impl Governed for $name {}
    };
}

bounds! {
    /// Actors in memory: their slots, and where their kinds and keys lead.
    Activations: actors, governed_by("activations_max"),
        "those unused for longest leave memory; what has messages stays until they are handled";
    /// Turns that hosts have not completed.
    TurnsOpen: turns, governed_by("activations_max"),
        "an actor has one, and further ones only for asks that may overlap, which pending_asks_max bounds";
    /// Asks without an answer.
    OpenAsks: asks, governed_by("pending_asks_max"),
        "the ask is refused with `Overloaded`";
    /// Deadlines of asks; at most twice as many as the table of open asks has room for.
    AskDeadlines: deadlines, governed_by("pending_asks_max"),
        "those of asks that have been answered are taken out";
    /// Messages in one actor's mailbox.
    MailboxMessages: messages, governed_by("mailbox_capacity_messages"),
        "what the kind's overflow says: the message is refused, the oldest is, or its sender waits";
    /// Messages whose senders wait for room in one actor's mailbox, or that were told by transient actors.
    MailboxSenders: messages, at_most(MAILBOX_SENDERS_MAX),
        "the message is refused with `MailboxFull`";
    /// Asks that wait to join the turn of their own call chain.
    JoiningAsks: asks, governed_by("pending_asks_max"),
        "the ask is refused with `Overloaded`";
    /// Replies and messages of one actor that wait for a commit.
    GatedEffects: effects, governed_by("uncommitted_bytes_max"),
        "the actor's next message waits until a commit has made room";
    /// Actors whose next message waits until less is uncommitted.
    PausedActors: actors, governed_by("activations_max"),
        "no activation is added, so none waits";
    /// Producers' numbers of one actor that wait for a commit.
    AdvancingStreams: numbers, governed_by("uncommitted_bytes_max"),
        "the actor's next message waits until a commit has made room";
    /// Producers of one actor whose gaps wait for the actor to be read.
    AwaitedGaps: producers, at_most(GAPS_PAGE),
        "the gap stays in the shard's memory and comes with a later page";
    /// Streams of producers that have lost a record.
    LostStreams: streams, at_most(GAPS_LOST_MAX),
        "streams that are not known to be whole are refused";
    /// Those of them that are to be made durable one after the other.
    WaitingStreams: streams, governed_by(GAPS_LOST_MAX),
        "streams that are not known to be whole are refused";
    /// Numbers of producers that were skipped last.
    SkippedNumbers: numbers, at_most(SKIPPED_MAX),
        "the oldest is forgotten: only an actor that was being read all the while could need it";
    /// Marks, or senders, that one actor remembers.
    Remembered: marks, governed_by(MARKS_HELD_MAX),
        "those that are durable are forgotten and read again where they are needed";
    /// Messages of one actor that are tried again.
    RetriedMessages: messages, governed_by(RETRYING_MAX),
        "a message that stands in an outbox waits there, another one becomes a dead letter";
    /// Messages that wait behind one of the same source that is tried again.
    RetryFollowers: messages, governed_by("mailbox_capacity_messages"),
        "the mailbox waits, and its overflow decides about further messages";
    /// When messages of a shard are tried again.
    DueRetries: times, governed_by(RETRYING_MAX),
        "an actor's messages beyond wait in their outboxes";
    /// Actors that left memory while messages for them wait in outboxes.
    OwedActors: actors, governed_by(OWED_MAX),
        "no further actor is woken for what an earlier run left; one that leaves memory with messages is still added";
    /// Actors that left memory a short while ago.
    DistrustedActors: actors, at_most(DISTRUSTED_MAX),
        "for a while deliveries to all actors of the shard are looked up";
    /// Messages that wait to be carried to actors.
    OutgoingMessages: messages, governed_by(OUTGOING_MESSAGES_MAX),
        "asks from outside are refused with `Overloaded` until they have been carried";
    /// Cases of which a notice was given within the last minute.
    NoticeCases: cases, at_most(NOTICE_CASES_MAX),
        "all are forgotten, so that a case may be reported twice within a minute";
    /// Handlers of an event manager, and the processes that supervise them.
    EventHandlers: handlers, governed_by(EVENT_HANDLERS_MAX),
        "the handler is not added, and whoever wanted it is told";
    /// Events that a state machine's program inserted, and postponed ones that are taken up again.
    StateMachineQueued: events, governed_by(STATE_MACHINE_QUEUED_MAX),
        "the callback fails, and with it the machine";
    /// Events that a state machine has postponed until its state changes.
    StateMachinePostponed: events, governed_by(STATE_MACHINE_POSTPONED_MAX),
        "the callback fails, and with it the machine";
    /// Time-outs of a state machine that run.
    StateMachineTimeouts: timeouts, governed_by(STATE_MACHINE_TIMEOUTS_MAX),
        "the callback fails, and with it the machine";
    /// Asks that the function of a process was handed and has not answered.
    UnansweredAsks: asks, governed_by("pending_asks_max"),
        "the ask is refused with `Overloaded`, so no function is handed it";
    /// Asks whose turn has ended and whose answer comes from a later one.
    OwedAsks: asks, governed_by("pending_asks_max"),
        "the ask is refused with `Overloaded`, so no answer to it can be put off";
    /// Servers, state machines and event managers of a shard.
    RunningBehaviours: behaviours, governed_by("activations_max"),
        "as for actors and processes, each of which has one at most";
    /// Supervisors of a shard.
    RunningSupervisors: supervisors, governed_by("processes_max"),
        "no process is spawned, and a supervisor is one";
    /// What reaches supervisors within one call: starts, ends, timers.
    SupervisorInputs: inputs, governed_by("processes_max"),
        "no process is spawned, and each is started and ends once";
    /// Children whose supervisors wait for them to be ready.
    StartingChildren: processes, governed_by("processes_max"),
        "no process is spawned, and a child is one";
    /// Programs of the operating system that run as processes.
    RunningPrograms: programs, governed_by("processes_max"),
        "no process is spawned, and a program is one";
    /// Timers of one supervisor: one for each child that ends or waits to be restarted.
    SupervisorTimers: timers, governed_by(SUPERVISED_CHILDREN_MAX),
        "the supervisor takes no more children";
    /// Commands of one supervisor that wait for their answers.
    SupervisorRequests: commands, governed_by(SUPERVISOR_COMMANDS_MAX),
        "the command is answered with an error";
    /// Messages of one shard that are sent after a while.
    TimedMessages: messages, governed_by(TIMED_MESSAGES_MAX),
        "the timer is refused with `Overloaded`";
    /// Timers armed in one wheel, in pages.
    Timers: timers, governed_by(TIMERS_MAX),
        "the timer is not armed, and whoever wanted it gets its value back";
    /// Residents that are linked, watch or are watched, in one shard.
    TiedResidents: residents, governed_by("processes_max"),
        "no process is spawned; actors that are tied are as many as processes have tied themselves to";
    /// Residents that one is linked to.
    LinkHalves: links, governed_by("processes_max"),
        "its own link is refused with `Overloaded`; no process is spawned, so no other one can link itself to it";
    /// Watches on one resident.
    Watchers: watches, governed_by("processes_max"),
        "no process is spawned, so no other one can watch it; each keeps a bounded number of watches";
    /// Watches that one resident keeps.
    Watches: watches, governed_by("processes_max"),
        "the watch is refused with `Overloaded`";
    /// Traces that run, and subscriptions.
    RunningTraces: traces, at_most(TRACES_MAX),
        "the trace is not started, and whoever wanted it is told";
    /// Stacks of running handlers that looks at actors wait for.
    StacksWanted: stacks, at_most(STACKS_WANTED_MAX),
        "the look shows no stack";
    /// Observations and trace events that wait for their subscriber.
    SeenValues: values, at_most(SEEN_VALUES_MAX),
        "the value is left out and counted";
    /// Actors whose last failure is remembered.
    LastFailures: actors, at_most(LAST_ERRORS_MAX),
        "the failure of the actor that failed longest ago is forgotten";
    /// System messages that wait for one actor or process.
    SystemMessages: messages, at_most(SYSTEM_MESSAGES_MAX),
        "the message is refused with `Overloaded`";
    /// Processes that have ended and whose reasons are remembered.
    EndedProcesses: processes, at_most(ENDED_MAX),
        "the oldest is forgotten: who waits for its end from outside is told `no_process`";
    /// Crash reports that a shard remembers.
    RememberedCrashes: reports, at_most(CRASHES_MAX),
        "the oldest report is forgotten";
    /// Actors and processes that have the most of something.
    TopResidents: residents, at_most(TOP_ACTORS_MAX),
        "the one that has the least is left out";
    /// Events on their way to the host.
    LaneEvents: events, governed_by(LANE_EVENTS_MAX),
        "asks from outside are refused with `Overloaded`; what was accepted before is still handed out";
    /// Lines of diagnostics from before there is an engine to take them.
    EarlyLines: lines, at_most(LOG_LINES_MAX),
        "the line is left out and counted";
    /// Work that waits for one of the engine's threads: an activation to commit or to load.
    BacklogWork: activations, governed_by("activations_max"),
        "no activation is added, so none has work that waits";
    /// Messages that one shard's dispatcher carries to their receivers.
    DispatchedMessages: messages, governed_by(OUTGOING_MESSAGES_MAX),
        "asks from outside are refused with `Overloaded` until the dispatcher has carried them";
    /// Records of one batch on their way to the store, their owners, and what the store answers for them.
    BatchRecords: records, governed_by(BATCH_RECORDS_MAX),
        "the record waits for the next batch";
    /// Kinds that are stored and not declared, of which a notice was given.
    UndeclaredKinds: kinds, at_most(NOTICE_CASES_MAX),
        "no notice is given of the kind; its messages wait as those of all others";
    /// Callbacks of asks from this process's own Rust code.
    LocalAsks: asks, governed_by("pending_asks_max"),
        "the ask is refused with `Overloaded`, and its callback gets that";
    /// Children that a supervisor is made with.
    SupervisedSpecs: children, governed_by(SUPERVISED_CHILDREN_MAX),
        "the supervisor's spec is refused";
    /// Children of a supervisor, with and without a process.
    SupervisedChildren: children, governed_by(SUPERVISED_CHILDREN_MAX),
        "the command that would add a child is refused";
    /// What waits for a supervisor that is busy: commands, and at most one end and one restart of each child.
    SupervisorWork: items, governed_by(SUPERVISOR_COMMANDS_MAX),
        "a command is refused; ends and restarts are bounded by the children";
    /// Ends of children that a busy supervisor has not looked at.
    ChildExits: processes, governed_by(SUPERVISED_CHILDREN_MAX),
        "no child is added, so none has an end that waits";
    /// Restarts that count for a supervisor's intensity.
    CountedRestarts: restarts, governed_by(RESTART_INTENSITY_MAX),
        "the supervisor's spec is refused; a restart beyond its intensity ends the supervisor";
    /// Reasons of children that did not end as they should when their dynamic supervisor ended.
    ShutdownReasons: reasons, at_most(SHUTDOWN_REASONS_MAX),
        "children with further reasons are reported as a number";
    /// Names of processes, and the processes that have any.
    RegisteredNames: names, governed_by(REGISTERED_NAMES_MAX),
        "the name is not registered, and whoever wanted it is told";
    /// Processes that are in groups, and the groups that each is in.
    GroupMemberships: memberships, governed_by(GROUP_MEMBERSHIPS_MAX),
        "the process does not join, and whoever wanted it is told";
    /// Groups that have members or monitors.
    GroupNames: groups, governed_by(GROUP_MEMBERSHIPS_MAX),
        "none is added without a membership or a monitor, which are refused";
    /// Monitors of groups, and the processes that have any.
    GroupMonitors: monitors, governed_by(GROUP_MONITORS_MAX),
        "the monitor is not set, and whoever wanted it is told";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_bound_says_what_it_holds_and_what_happens_beyond() {
        let names: HashSet<_> = ALL.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), ALL.len(), "a name is there twice");
        for row in ALL {
            assert!(row.holds.ends_with('.') && !row.holds.starts_with(' '), "{}: {:?}", row.name, row.holds);
            assert!(!row.beyond.is_empty() && !row.beyond.contains('|'), "{}", row.name);
            let (Limit::AtMost(limit) | Limit::Constant(_, limit)) = row.limit else { continue };
            assert!(limit > 0, "{}", row.name);
        }
    }
}
