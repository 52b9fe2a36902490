//! Names and ids: which actor is meant, and which instance of a thing a number speaks of.
//!
//! An address never says where an actor lives. Ids that leave the core carry a generation, so that a late
//! or repeated answer names something that is gone instead of its successor.

use std::fmt;
use std::sync::Arc;

/// An actor kind as registered in this process: the index of its declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KindId(pub u16);

impl KindId {
    /// The kind of supervisors, which are declared nowhere: the kernel runs them.
    pub const SUPERVISOR: KindId = KindId(u16::MAX);
    /// The kind of processes that are programs of the operating system.
    pub const PROGRAM: KindId = KindId(u16::MAX - 1);
    /// How many kinds may be declared: those of the core's own have the highest numbers.
    pub const DECLARED_MAX: usize = u16::MAX as usize - 1;
}

/// A kind's number in the store. It outlives the process, so kinds may be declared in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct StoredKind(pub u32);

/// A handler: its index in its kind's declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandlerId(pub u16);

impl HandlerId {
    /// The life-cycle hook that runs before an activation's first message.
    pub const ACTIVATED: HandlerId = HandlerId(0xFFFE);
    /// The life-cycle hook that runs before an activation leaves memory.
    pub const PASSIVATING: HandlerId = HandlerId(0xFFFF);
    /// The function of a process that receives its messages itself.
    pub const RUN: HandlerId = HandlerId(0xFFFD);
    /// What runs in one that traps exits, for each.
    pub const EXIT: HandlerId = HandlerId(0xFFFC);
    /// What runs in one that watches others, for each that has ended.
    pub const DOWN: HandlerId = HandlerId(0xFFFB);

    /// What runs in one that watches groups, for each change of their membership.
    pub const GROUP: HandlerId = HandlerId(0xFFFA);
    /// What runs in a behaviour whose time-out has passed.
    pub const TIMEOUT: HandlerId = HandlerId(0xFFF9);
    /// What runs in a state machine that enters a state.
    pub const ENTER: HandlerId = HandlerId(0xFFF8);
    /// What a callback of a server wanted to run before any message.
    pub const CONTINUE: HandlerId = HandlerId(0xFFF7);
    /// A callback of a handler of an event manager; elsewhere what the core tells of such a handler.
    pub const MANAGER: HandlerId = HandlerId(0xFFF6);

    /// A system turn: the host replies its encoded state.
    pub const GET_STATE: HandlerId = HandlerId(0xFFF5);
    /// A system turn: the message is the new encoded state.
    pub const REPLACE_STATE: HandlerId = HandlerId(0xFFF4);

    /// Whether it is a system turn, which comes before every message.
    #[inline]
    pub fn is_system(self) -> bool {
        matches!(self, Self::GET_STATE | Self::REPLACE_STATE)
    }

    /// Whether this is a life-cycle hook rather than a declared handler.
    #[inline]
    pub fn is_hook(self) -> bool {
        self.0 >= Self::ACTIVATED.0
    }

    /// The name of what no kind declares: a hook, or what the core itself tells.
    pub fn own_name(self) -> Option<&'static str> {
        match self {
            Self::ACTIVATED => Some("activated"),
            Self::PASSIVATING => Some("passivating"),
            Self::RUN => Some("run"),
            Self::EXIT => Some("exit"),
            Self::DOWN => Some("down"),
            Self::GROUP => Some("group"),
            Self::TIMEOUT => Some("timeout"),
            Self::ENTER => Some("enter"),
            Self::CONTINUE => Some("continue"),
            Self::MANAGER => Some("manager"),
            Self::GET_STATE => Some("get_state"),
            Self::REPLACE_STATE => Some("replace_state"),
            _ => None,
        }
    }

    /// Whether a kind declares it; hooks and what the core itself tells are not declared.
    #[inline]
    pub fn is_declared(self) -> bool {
        self.0 < Self::REPLACE_STATE.0
    }
}

/// A durable actor as the store knows it: `kind/key`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// The kind's number in the store.
    pub kind: StoredKind,
    /// The identity within the kind: any non-empty UTF-8 text up to `limits::KEY_BYTES_MAX`.
    pub key: Arc<str>,
}

/// A part of a system's actors, by a hash that is the same everywhere (docs/reference/partitions.md): what a node owns,
/// what a lease names, what a backup can be cut by.
pub type Partition = u16;

/// The partition of `kind/key`: the lowest 16 bits of its xxh3-64.
pub fn partition(kind: &str, key: &str) -> Partition {
    let mut whole = [0u8; 512];
    let bytes = kind.len() + 1 + key.len();
    let hash = match whole.get_mut(..bytes) {
        Some(whole) => {
            whole[..kind.len()].copy_from_slice(kind.as_bytes());
            whole[kind.len()] = b'/';
            whole[kind.len() + 1..].copy_from_slice(key.as_bytes());
            xxhash_rust::xxh3::xxh3_64(whole)
        }
        None => xxhash_rust::xxh3::xxh3_64(format!("{kind}/{key}").as_bytes()),
    };
    hash as u16
}

/// How many turns that changed something an actor has accepted or committed; 0 is an actor never written.
pub type Revision = u64;

/// The ownership an actor is written under. A store refuses an epoch older than one it has seen for the actor.
pub type Epoch = u64;

macro_rules! generational {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub u64);

        impl $name {
            /// Packs shard (8 bits), generation (24 bits) and slot (32 bits).
            #[inline]
            pub fn pack(shard: u8, generation: u32, slot: u32) -> Self {
                Self((u64::from(shard) << 56) | (u64::from(generation & 0xFF_FFFF) << 32) | u64::from(slot))
            }
            /// The shard that owns the slot.
            #[inline]
            pub fn shard(self) -> usize {
                (self.0 >> 56) as usize
            }
            /// How often the slot had been reused when this id was made (24 bits).
            #[inline]
            pub fn generation(self) -> u32 {
                ((self.0 >> 32) & 0xFF_FFFF) as u32
            }
            /// The slot within the shard.
            #[inline]
            pub fn slot(self) -> u32 {
                self.0 as u32
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({}.{}.{})", stringify!($name), self.shard(), self.slot(), self.generation())
            }
        }
    };
}

generational! {
    /// An actor's live instance in this process.
    ActivationId
}
generational! {
    /// An open turn: handed to a host, not yet completed.
    TurnId
}

/// A waiting caller. The host chooses the number and never uses it twice while the ask is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AskId(pub u64);

impl AskId {
    /// Set in the numbers that the engine gives to asks of its own ports (a gateway's callers); a host's are below.
    pub const PORT: u64 = 1 << 63;

    /// No number: a told message whose sender does not wait for its acceptance either.
    pub const NOBODY: Self = Self(0);

    /// Whether a port asks, so that the reply must not stay in a host's buffer.
    #[inline]
    pub fn is_local_caller(self) -> bool {
        self.0 & Self::PORT != 0
    }
}

#[cfg(test)]
mod tests {
    use super::partition;

    #[test]
    fn partitions_are_the_published_ones() {
        let vectors = [
            ("airport", "SFO", 45_910),
            ("airport", "SEA", 17_869),
            ("account", "1", 37_643),
            ("a", "b/c", 9_575),
            ("k\u{e4}nguru", "\u{fc}", 57_093),
        ];
        for (kind, key, expected) in vectors {
            assert_eq!(partition(kind, key), expected, "{kind}/{key}");
        }
        assert_eq!(partition("cart", &"x".repeat(500)), 29_730);
    }
}
