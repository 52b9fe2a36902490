//! Every bound of the kernel: its unit, its default and its range stand here. `bounds` lists the collections that they bound.

pub mod bounds;

use crate::json::JsonBounds;

/// Bytes of an actor's key at most.
pub const KEY_BYTES_MAX: usize = 1024;
/// Bytes of a producer's name or an idempotency key at most.
pub const SOURCE_BYTES_MAX: usize = 1024;
/// Bytes of all metadata of one message or reply at most.
pub const METADATA_BYTES_MAX: usize = 64 * 1024;
/// Effects of one turn at most: what fits the frame's counter.
pub const EFFECTS_MAX: usize = u16::MAX as usize;
/// Bytes of the detail of an exit reason at most: what the frame's counter holds.
pub const EXIT_DETAIL_BYTES_MAX: usize = u16::MAX as usize;
/// Marks read with an activation; more are looked up one by one.
pub const MARKS_LOADED_MAX: usize = 256;
/// Marks an activation keeps in memory before it forgets those that are durable; they can be read again.
pub const MARKS_HELD_MAX: usize = 4096;
/// Senders whose last message an activation remembers before it forgets those that are durable.
pub const SENDERS_HELD_MAX: usize = 4096;
/// Messages that one activation tries again at the same time; what fails beyond that waits for a later look.
pub const RETRYING_MAX: usize = 1024;
/// Milliseconds after which a message that was committed is looked up in its outbox before it is believed.
pub const DELIVERY_TRUSTED_MS: u64 = 30_000;
/// Milliseconds for which an actor that left memory after it had read its inbox looks its deliveries up. Longer than
/// `DELIVERY_TRUSTED_MS`, so that each delivery is either older than the one or within the other.
pub const DISTRUST_MS: u64 = 2 * DELIVERY_TRUSTED_MS;
/// Actors remembered for that; beyond it all actors of the shard look up.
pub const DISTRUSTED_MAX: usize = 65_536;
/// Milliseconds between two notices of one case: kind, handler, error.
pub const NOTICE_MS: u64 = 60_000;
/// Cases remembered for that.
pub const NOTICE_CASES_MAX: usize = 1024;
/// Traces and subscriptions that run in an engine at the same time at most; the diagnostics of log level `trace` are one.
pub const TRACES_MAX: usize = 8;
/// Values that wait in one subscription's buffer at most.
pub const SEEN_VALUES_MAX: usize = 64 * 1024;
/// Milliseconds after which a trace that was started by `describe` and is not taken from is stopped.
pub const TRACE_IDLE_MS: u64 = 60_000;
/// Events a second that such a trace gives at most.
pub const TRACE_PER_SECOND_MAX: u32 = 10_000;
/// Events that such a trace gives in all at most.
pub const TRACE_EVENTS_MAX: u64 = 1_000_000;
/// Actors of one shard whose last failure is remembered.
pub const LAST_ERRORS_MAX: usize = 1024;
/// Bytes of its text that are remembered.
pub const LAST_ERROR_BYTES_MAX: usize = 512;
/// System messages that wait for one actor or process at most.
pub const SYSTEM_MESSAGES_MAX: usize = 64;
/// Processes that have ended and whose reasons a shard remembers.
pub const ENDED_MAX: usize = 1024;
/// Bytes of these reasons at most, for a shard.
pub const ENDED_BYTES_MAX: usize = 1024 * 1024;
/// Crash reports that a shard remembers.
pub const CRASHES_MAX: usize = 64;
/// Bytes of a host's stack at most, in a crash report or of a running handler.
pub const CRASH_STACK_BYTES_MAX: usize = 16 * 1024;
/// Milliseconds that a look at an actor waits for the stack of its handler at most.
pub const STACK_WAIT_MS: u64 = 500;
/// Stacks that are asked for and not yet told, in an engine.
pub const STACKS_WANTED_MAX: usize = 16;
/// Bytes of a message in a crash report at most.
pub const CRASH_PAYLOAD_BYTES_MAX: usize = 4 * 1024;
/// Supervisors above a process that a crash report names at most.
pub const CRASH_PATH_MAX: usize = 64;
/// Dynamic children that one look at a tree puts in order; more of them are looked for page by page.
pub const TREE_SORTED_MAX: usize = 4_096;
/// Supervisors and children in one answer about a tree at most, and how deep it goes at most.
pub const TREE_NODES_MAX: usize = 1_000;
/// See `TREE_NODES_MAX`.
pub const TREE_DEPTH_MAX: usize = 64;
/// Milliseconds that a look at a state waits for its host unless told otherwise, and at most: OTP's five seconds, a minute.
pub const STATE_WAIT_MS: u32 = 5_000;
/// See `STATE_WAIT_MS`.
pub const STATE_WAIT_MS_MAX: u32 = 60_000;
/// Actors and processes at the top of something at most, and in one page of a list.
pub const TOP_ACTORS_MAX: usize = 1_000;
/// Slots looked at under one lock by a list or a look for the top.
pub const SCAN_SLOTS: u32 = 4_096;
/// Open turns, links and watches of one resident that an inspection shows.
pub const SHOWN_MAX: usize = 100;
/// Producers' gaps that a shard keeps in memory only; those beyond it are made durable by and by.
pub const GAPS_HELD_MAX: usize = 16_384;
/// Producers' gaps in a shard's memory at most: about 40 MiB. Beyond it streams that are not known to be whole are refused.
pub const GAPS_LOST_MAX: usize = 256 * 1024;
/// Gaps that are made durable at a time, and that wait for one actor to be read.
pub const GAPS_PAGE: usize = 1024;
/// Milliseconds between two such pages.
pub const GAPS_PAGE_MS: u64 = 1_000;
/// Skipped gaps remembered until actors that are just being read have them as the store has.
pub const SKIPPED_MAX: usize = 1024;
/// Milliseconds that an idempotency key is kept where the caller does not say: a day.
pub const MARK_KEEP_MS_DEFAULT: u64 = 24 * 60 * 60 * 1000;
/// Milliseconds that an idempotency key is kept at most: what fits the frame's field beside "the default".
pub const MARK_KEEP_MS_MAX: u64 = u32::MAX as u64 - 1;
/// Milliseconds of a deadline at most: what fits the frame's field beside "none".
pub const DEADLINE_MS_MAX: u64 = u32::MAX as u64 - 1;
/// Milliseconds of a retry policy's waits at least: a message that fails is never tried again in the same instant.
pub const RETRY_WAIT_MS_MIN: u64 = 1;
/// Milliseconds of a retry policy's waits at most: 49 days, as deadlines.
pub const RETRY_WAIT_MS_MAX: u64 = DEADLINE_MS_MAX;
/// Tries of a producer's record at most, the first included, where the source does not say. Together they last half a minute.
pub const INGEST_ATTEMPTS_MAX: usize = 10;
/// Milliseconds before a producer's record is sent a second time; each further wait is twice as long.
pub const INGEST_WAIT_MS_FIRST: u64 = 100;
/// The longest of these waits.
pub const INGEST_WAIT_MS_MAX: u64 = 10_000;
/// Records of a producer in flight at once, where the source does not say.
pub const INGEST_IN_FLIGHT: usize = 1_000;
/// Bytes of a failure's text at most; a longer one is cut and says how long it was.
pub const FAILURE_TEXT_BYTES_MAX: usize = 64 * 1024;
/// Lines of diagnostics that wait for a host; what comes beyond is counted and left out.
pub const LOG_LINES_MAX: usize = 1024;
/// Bytes of a text in such a line at most; a longer one is cut and ends with an ellipsis.
pub const LOG_VALUE_BYTES_MAX: usize = 256;
/// Undelivered messages read at a time for one actor.
pub const INBOX_PAGE: usize = 1024;
/// Links of a call chain at most, a bound against endless recursion through actors.
pub const CHAIN_LINKS_MAX: usize = 1024;
/// Activations looked at for passivation under one lock.
pub const PASSIVATION_PAGE: usize = 4096;

/// Handlers of one event manager at most.
pub const EVENT_HANDLERS_MAX: usize = 1024;
/// Events that a state machine has postponed at most.
pub const STATE_MACHINE_POSTPONED_MAX: usize = 64 * 1024;
/// Events that a state machine holds at most: those inserted or taken up again, and those postponed.
pub const STATE_MACHINE_QUEUED_MAX: usize = 2 * STATE_MACHINE_POSTPONED_MAX;
/// Time-outs of a state machine that run at the same time at most.
pub const STATE_MACHINE_TIMEOUTS_MAX: usize = 1024;
/// Messages of a shard that are to be sent after a while, at most.
pub const TIMED_MESSAGES_MAX: usize = 2 * 1024 * 1024;
/// Timers armed in one wheel at most: 160 MiB.
pub const TIMERS_MAX: usize = 4 * 1024 * 1024;

/// Messages that wait for room in one actor's mailbox, where its kind lets senders wait. Asks among them are open asks as well.
pub const MAILBOX_SENDERS_MAX: usize = 256 * 1024;
/// Messages that wait in one shard to be delivered to other actors before asks from outside are refused.
pub const OUTGOING_MESSAGES_MAX: usize = 256 * 1024;
/// Events that wait for the host before asks from outside are refused: two million.
pub const LANE_EVENTS_MAX: usize = 2_000_000;
/// Bytes of payloads and states of such events, likewise: 256 MiB.
pub const LANE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Notices that wait for the host; how many more there were is said in one.
pub const NOTICES_MAX: usize = 1_024;
/// Actors of one shard that wait for room or for their next try to be woken, before an engine hands out no more of what an
/// earlier run left.
pub const OWED_MAX: usize = 64 * 1024;
/// Records that the committer makes durable with one sync at most; 16,384 unless measured otherwise.
pub const BATCH_RECORDS_MAX: usize = 16 * 1024;
/// Bytes of such a batch, beyond which no further record joins it: 64 MiB.
pub const BATCH_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Milliseconds between tries to deliver messages whose receiver could not take them: its commit failed, or its waking.
/// Each time that it fails again they double, up to the maximum.
pub const OWED_RETRY_MS: u64 = 1_000;
/// The longest of these waits.
pub const OWED_RETRY_MS_MAX: u64 = 60_000;

/// Bytes of a child's name within its supervisor at most.
pub const CHILD_ID_BYTES_MAX: usize = 1024;
/// Children of one supervisor at most, with and without a process: four million.
pub const SUPERVISED_CHILDREN_MAX: usize = 4 * 1024 * 1024;
/// Commands that wait for one supervisor before further ones are refused.
pub const SUPERVISOR_COMMANDS_MAX: usize = 64 * 1024;
/// What has waited for a supervisor and is done under one lock.
pub const SUPERVISOR_WORK_PAGE: usize = 64;
/// Restarts that an intensity may allow at most: a million. Each takes eight bytes while it counts.
pub const RESTART_INTENSITY_MAX: usize = 1_000_000;
/// Milliseconds that a restart may count for at most, and that it may be put off: 49 days, as deadlines.
pub const RESTART_PERIOD_MS_MAX: u64 = DEADLINE_MS_MAX;
/// Milliseconds that a child has to end where its spec does not say: OTP's five seconds.
pub const CHILD_SHUTDOWN_MS_DEFAULT: u64 = 5_000;
/// Milliseconds that a child has to end at most; a spec that wants more takes infinity.
pub const CHILD_SHUTDOWN_MS_MAX: u64 = DEADLINE_MS_MAX;
/// Children of a dynamic supervisor that are asked to end under one lock.
pub const SHUTDOWN_PAGE: usize = 4096;
/// Reasons of ends that a dynamic supervisor that ends reports one by one; the others are summed up.
pub const SHUTDOWN_REASONS_MAX: usize = 64;

/// Bytes of a process's or a group's name at most.
pub const REGISTERED_NAME_BYTES_MAX: usize = 1024;
/// Names of processes at most: a million.
pub const REGISTERED_NAMES_MAX: usize = 1024 * 1024;
/// Memberships of processes in groups at most: four million.
pub const GROUP_MEMBERSHIPS_MAX: usize = 4 * 1024 * 1024;
/// Monitors of groups at most. Each is told of each change, so they bound what one change costs.
pub const GROUP_MONITORS_MAX: usize = 64 * 1024;

/// Bytes of a line of a program's output; a longer one comes in pieces.
pub const PROGRAM_LINE_BYTES_MAX: usize = 64 * 1024;
/// Messages that the function of a process is handed at a time.
pub const RECEIVE_PAGE: usize = 64;
/// Processes in one shard that can be told apart by their ids.
pub const PROCESSES_MOST: usize = 1 << 24;
/// Processes in one shard at most, unless set: as many as OTP allows in one node.
pub const PROCESSES_MAX: usize = 1024 * 1024;

/// The bounds a user may set.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Deadline in milliseconds of asks that name none.
    pub ask_timeout_ms: u64,
    /// Activations in memory, in one shard.
    pub activations_max: usize,
    /// Bytes of encoded state of activations in memory, in one shard; 0 is no limit.
    pub memory_bytes_max: usize,
    /// Processes in one shard.
    pub processes_max: usize,
    /// Open asks in one shard.
    pub pending_asks_max: usize,
    /// Bytes of one message, reply or state.
    pub message_bytes_max: usize,
    /// Turns and other effects of one actor that are accepted and not yet durable.
    pub uncommitted_turns_max: usize,
    /// Bytes accepted and not yet durable, in one shard.
    pub uncommitted_bytes_max: usize,
    /// How deep and how rich one message in JSON may be.
    pub json: JsonBounds,
    /// Milliseconds after which an open turn that waits for nothing is reported.
    pub slow_turn_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ask_timeout_ms: 30_000,
            activations_max: 1_000_000,
            memory_bytes_max: 0,
            processes_max: PROCESSES_MAX,
            pending_asks_max: 1_000_000,
            message_bytes_max: 16 * 1024 * 1024,
            uncommitted_turns_max: 16 * 1024,
            uncommitted_bytes_max: 256 * 1024 * 1024,
            json: JsonBounds::default(),
            slow_turn_ms: 1_000,
        }
    }
}
