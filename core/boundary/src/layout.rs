//! The frame layout: the one table that the codec below and the readers and writers of every SDK come from.
//!
//! Little-endian; a record starts at a multiple of 8 with `u32 bytes, u16 type, u16 flags, u64 id`.

use everact_kernel::limits;

/// Bytes of a record's header.
pub const HEADER_BYTES: usize = 16;
/// Offset of the record's length.
pub const BYTES_AT: usize = 0;
/// Offset of the record's type.
pub const TYPE_AT: usize = 4;
/// Offset of the record's flags.
pub const FLAGS_AT: usize = 6;
/// Offset of the record's id.
pub const ID_AT: usize = 8;

/// The width of a fixed field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 64 bits.
    I64,
}

/// A fixed field of a record.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name, lower snake case.
    pub name: &'static str,
    /// Its width.
    pub width: Width,
    /// Its offset from the record's start.
    pub at: usize,
}

/// One record type.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Its name, lower snake case.
    pub name: &'static str,
    /// Its number.
    pub number: u16,
    /// Its flags: name and bit.
    pub flags: &'static [(&'static str, u16)],
    /// What its field `code` may hold besides an error's number, or its field `what`: name and number.
    pub codes: &'static [(&'static str, u16)],
    /// Its fixed fields after the header.
    pub fields: &'static [Field],
    /// Bytes of header and fixed fields together.
    pub fixed_bytes: usize,
}

macro_rules! layouts {
    ($($(#[$doc:meta])* $module:ident = $number:literal, $fixed:literal bytes,
       flags { $($flag:ident = $bit:literal),* }, $(codes { $($code:ident = $value:literal),* },)? fields { $($field:ident : $width:ident @ $at:literal),* };)*) => {
        $($(#[$doc])*
        pub mod $module {
            /// The record's number.
            pub const TYPE: u16 = $number;
            /// Bytes of header and fixed fields together.
            pub const FIXED_BYTES: usize = $fixed;
            $(#[doc = concat!("Flag `", stringify!($flag), "`.")] pub const $flag: u16 = $bit;)*
            $($(#[doc = concat!("Code `", stringify!($code), "`.")]
              pub const $code: u16 = $value;)*)?
            $(#[doc = concat!("Offset of `", stringify!($field), "`.")]
              #[allow(non_upper_case_globals, reason = "the constant is the field's own name")]
              pub const $field: usize = $at;)*
        })*
        /// Every record type.
        pub const LAYOUTS: &[Layout] = &[$(Layout {
            name: stringify!($module), number: $number, fixed_bytes: $fixed,
            flags: &[$((stringify!($flag), $bit)),*],
            codes: &[$($((stringify!($code), $value)),*)?],
            fields: &[$(Field { name: stringify!($field), width: Width::$width, at: $at }),*],
        }),*];
    };
}

layouts! {
    /// Host to core: a message for an actor, with or without somebody waiting.
    ask = 1, 56 bytes,
        flags { CALLER_RUNS = 1, TELL = 2, PRODUCER = 4, KEY = 8, METADATA = 16, PROCESS = 32, SILENT = 64 },
        fields { kind: U16 @ 16, handler: U16 @ 18, deadline_ms: U32 @ 20, parent: U64 @ 24, sequence: U64 @ 32,
                 mark_ttl_ms: U32 @ 40, key_bytes: U32 @ 44, payload_bytes: U32 @ 48, source_bytes: U32 @ 52 };
    /// Host to core: a turn's outcome.
    complete = 2, 32 bytes,
        flags { DIRTY = 1, PASSIVATE = 2, METADATA = 4, DEFER = 8, ANSWERED = 16 },
        fields { code: U16 @ 16, effect_count: U16 @ 18, reply_bytes: U32 @ 20, state_bytes: U32 @ 24, exit: U16 @ 28,
                 exit_bytes: U16 @ 30 };
    /// Inside `complete`: a message that leaves with the turn's commit.
    tell = 3, 32 bytes,
        flags { METADATA = 1, PROCESS = 2 },
        fields { kind: U16 @ 16, handler: U16 @ 18, key_bytes: U32 @ 20, payload_bytes: U32 @ 24 };
    /// Host to core: the caller no longer waits.
    cancel = 4, 16 bytes,
        flags {},
        fields {};
    /// Host to core: spawn a process.
    spawn = 5, 48 bytes,
        flags { LINK = 1, MONITOR = 2 },
        fields { kind: U16 @ 16, parent: U64 @ 24, monitor_id: U64 @ 32, argument_bytes: U32 @ 40, name_bytes: U32 @ 44 };
    /// Host to core: what a turn does about its process' ties to others, or an exit signal.
    tie = 6, 56 bytes,
        flags { ON = 1, FLUSH = 2, PROCESS = 4 },
        codes { LINK = 1, UNLINK = 2, MONITOR = 3, DEMONITOR = 4, TRAP_EXITS = 5, EXIT = 6, AWAIT = 7 },
        fields { what: U16 @ 16, kind: U16 @ 18, key_bytes: U32 @ 20, turn: U64 @ 24, process: U64 @ 32,
                 monitor_id: U64 @ 40, reason: U16 @ 48, reason_bytes: U32 @ 52 };
    /// Host to core: the function of a process wants a message.
    receive = 7, 24 bytes,
        flags {},
        fields { timeout_ms: U32 @ 16, held: U32 @ 20 };
    /// Host to core: the function of a process answers an ask that it was handed.
    respond = 8, 32 bytes,
        flags { METADATA = 1 },
        fields { turn: U64 @ 16, code: U16 @ 24, reply_bytes: U32 @ 28 };
    /// Host to core: names and groups of processes.
    name = 9, 32 bytes,
        flags {},
        codes { REGISTER = 1, UNREGISTER = 2, WHEREIS = 3, IS_ALIVE = 4, JOIN = 5, LEAVE = 6, MEMBERS = 7, MONITOR_GROUP = 8, DEMONITOR_GROUP = 9 },
        fields { what: U16 @ 16, name_bytes: U32 @ 20, process: U64 @ 24 };
    /// Host to core: start a supervisor, or ask something of one.
    supervise = 10, 48 bytes,
        flags {},
        codes { START = 1, RUN = 2, COMMAND = 3 },
        fields { what: U16 @ 16, json_bytes: U32 @ 20, turn: U64 @ 24, process: U64 @ 32 };
    /// Host to core: a message after a while, once or again and again.
    timer = 11, 64 bytes,
        flags { PROCESS = 4 },
        codes { AFTER = 1, EVERY = 2, CANCEL = 3, READ = 4 },
        fields { what: U16 @ 16, kind: U16 @ 18, handler: U16 @ 20, key_bytes: U32 @ 24, payload_bytes: U32 @ 28, turn: U64 @ 32,
                 process: U64 @ 40, timer: U64 @ 48, after_ms: U32 @ 56 };
    /// Host to core: a message for all members of a group.
    publish = 12, 40 bytes,
        flags {},
        fields { turn: U64 @ 16, group_bytes: U32 @ 24, handler_bytes: U32 @ 28, payload_bytes: U32 @ 32 };
    /// Inside `complete`: what a behaviour's callback wants besides.
    outcome = 13, 24 bytes,
        flags {},
        fields { json_bytes: U32 @ 16 };
    /// Host to core: ask something of a behaviour.
    manage = 14, 48 bytes,
        flags { SUPERVISED = 1 },
        codes { STOP = 1, NOTIFY = 2, SYNC_NOTIFY = 3, CALL = 4, ADD = 5, REMOVE = 6, SWAP = 7, HANDLERS = 8 },
        fields { what: U16 @ 16, json_bytes: U32 @ 20, turn: U64 @ 24, process: U64 @ 32, deadline_ms: U32 @ 40 };
    /// Core to host: run this.
    turn = 16, 80 bytes,
        flags { FIRST = 1, READ_ONLY = 2, NESTED = 4, OWN = 8, STATE = 16, TELL = 32, METADATA = 64, RECEIVED = 128, PROCESS = 256, SENDER_PROCESS = 512, INTERNAL = 1024, STATE_BLOB = 0x4000, BLOB = 0x8000 },
        fields { activation: U64 @ 16, kind: U16 @ 24, handler: U16 @ 26, remaining_ms: U32 @ 28, now_ms: I64 @ 32,
                 seed: U64 @ 40, ask: U64 @ 48, revision: U64 @ 56, key_bytes: U32 @ 64, state_bytes: U32 @ 68,
                 payload_bytes: U32 @ 72, sender_bytes: U32 @ 76 };
    /// Core to host: an ask's outcome.
    reply = 17, 24 bytes,
        flags { FAILED = 1, METADATA = 2, OWN = 8, BLOB = 0x8000 },
        fields { code: U16 @ 16, payload_bytes: U32 @ 20 };
    /// Core to host: the activation is gone, drop its object.
    forget = 18, 16 bytes,
        flags {},
        fields {};
    /// Core to host: nobody waits for this turn any more.
    cancel_turn = 19, 24 bytes,
        flags {},
        fields { code: U16 @ 16 };
    /// Core to host: the engine has drained and closed.
    closed = 20, 16 bytes,
        flags {},
        fields {};
    /// Core to host: something a person should know.
    notice = 21, 24 bytes,
        flags {},
        codes { SLOW_TURN = 1000 },
        fields { code: U16 @ 16, level: U16 @ 18, text_bytes: U32 @ 20 };
    /// Core to host: the function of a process has waited for a message as long as it wanted to.
    receive_timed_out = 23, 16 bytes,
        flags {},
        fields {};
    /// Core to host: a command that could not be taken.
    failure = 22, 24 bytes,
        flags {},
        fields { code: U16 @ 16, text_bytes: U32 @ 20 };
}

/// `exchange` flag: the calling thread waits for its own result and may do the commit or the load itself.
pub const LEAD: u32 = 1;
/// The smallest buffer that `exchange` and `poll` take for events.
pub const OUT_BYTES_MIN: usize = 256 * 1024;
/// Longer payloads and states travel by blob id.
pub const INLINE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a blob's reference in a payload or state field: id and length.
pub const BLOB_REFERENCE_BYTES: usize = 16;
/// Reasons for which a process ends, in `exit` and `reason`; 0 is none.
pub const EXIT_NORMAL: u64 = 1;
/// In good order; a detail may follow.
pub const EXIT_SHUTDOWN: u64 = 2;
/// At once; as a signal it cannot be trapped.
pub const EXIT_KILL: u64 = 3;
/// A reason of the user's, encoded.
pub const EXIT_CUSTOM: u64 = 4;
/// The reason of one that was killed, passed on.
pub const EXIT_KILLED: u64 = 5;
/// The reason of one that did not exist, passed on.
pub const EXIT_NO_PROCESS: u64 = 6;
/// The reason of one that failed, passed on: its detail is the failure's text, with its stack as in a failed COMPLETE.
pub const EXIT_FAILED: u64 = 7;
/// The reason of an actor that left memory, passed on.
pub const EXIT_PASSIVATED: u64 = 8;
/// "No deadline" in `deadline_ms` and `remaining_ms`.
pub const NO_DEADLINE: u32 = u32::MAX;

/// The numbers that are not part of a record, for the emitters.
pub const CONSTANTS: &[(&str, u64)] = &[
    ("abi_version", 1),
    ("header_bytes", HEADER_BYTES as u64),
    ("bytes_at", BYTES_AT as u64),
    ("type_at", TYPE_AT as u64),
    ("flags_at", FLAGS_AT as u64),
    ("id_at", ID_AT as u64),
    ("exchange_lead", LEAD as u64),
    ("out_bytes_min", OUT_BYTES_MIN as u64),
    ("inline_bytes_max", INLINE_BYTES_MAX as u64),
    ("blob_reference_bytes", BLOB_REFERENCE_BYTES as u64),
    ("no_deadline", NO_DEADLINE as u64),
    ("handler_activated", 0xFFFE),
    ("handler_passivating", 0xFFFF),
    ("handler_run", 0xFFFD),
    ("handler_exit", 0xFFFC),
    ("handler_down", 0xFFFB),
    ("handler_group", 0xFFFA),
    ("handler_timeout", 0xFFF9),
    ("handler_enter", 0xFFF8),
    ("handler_continue", 0xFFF7),
    ("handler_manager", 0xFFF6),
    ("handler_get_state", 0xFFF5),
    ("handler_replace_state", 0xFFF4),
    ("exit_normal", EXIT_NORMAL),
    ("exit_shutdown", EXIT_SHUTDOWN),
    ("exit_kill", EXIT_KILL),
    ("exit_custom", EXIT_CUSTOM),
    ("exit_killed", EXIT_KILLED),
    ("exit_no_process", EXIT_NO_PROCESS),
    ("exit_failed", EXIT_FAILED),
    ("exit_passivated", EXIT_PASSIVATED),
];

/// What a source of a producer's records has unless it says otherwise, for the emitters: the SDKs send records, the core
/// has them agree on how.
pub const INGEST: &[(&str, u64)] = &[
    ("ingest_attempts_max", limits::INGEST_ATTEMPTS_MAX as u64),
    ("ingest_wait_ms_first", limits::INGEST_WAIT_MS_FIRST),
    ("ingest_wait_ms_max", limits::INGEST_WAIT_MS_MAX),
    ("ingest_in_flight", limits::INGEST_IN_FLIGHT as u64),
];
