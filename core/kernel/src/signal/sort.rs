//! The sorts of signal. All of them travel on one way, so those of one sender to one receiver arrive in the order sent.

use super::message::Message;
use crate::address::{AskId, KindId};
use crate::process::{ExitReason, MonitorId, Resident};

/// What one resident sends to another.
#[derive(Clone, Debug)]
pub enum Signal {
    /// A message, told or asked.
    Message(Message),
    /// The sender is linked to the receiver from now on.
    Link {
        /// The sender.
        from: Resident,
    },
    /// The sender is no longer linked; answered by `Unlinked`. Until then it takes no link from the receiver, since that may have
    /// been made before this arrived.
    Unlink {
        /// The sender.
        from: Resident,
        /// Its number for it.
        id: u64,
    },
    /// `Unlink` has arrived.
    Unlinked {
        /// The sender of this answer.
        from: Resident,
        /// The number in `Unlink`.
        id: u64,
    },
    /// The receiver is to end, or to take note if it traps exits.
    Exit {
        /// Who ended or asks for it.
        from: Resident,
        /// Its kind, where it is known: there may never have been such a process.
        kind: Option<KindId>,
        /// Why.
        reason: ExitReason,
        /// Whether it comes by a link that ends with it; else it was sent on purpose.
        linked: bool,
    },
    /// The sender watches the receiver.
    Monitor {
        /// The sender.
        from: Resident,
        /// Its number for the watch.
        monitor: MonitorId,
    },
    /// The sender watches it no longer.
    Demonitor {
        /// The sender.
        from: Resident,
        /// Its number for the watch.
        monitor: MonitorId,
    },
    /// What the receiver watches has ended.
    Down {
        /// What ended.
        from: Resident,
        /// Its kind, where it is known: there may never have been such a process.
        kind: Option<KindId>,
        /// The receiver's number for the watch.
        monitor: MonitorId,
        /// Why.
        reason: ExitReason,
    },
}

/// A signal on its way.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The receiver.
    pub to: Resident,
    /// What it receives.
    pub signal: Signal,
    /// When it left its sender's shard, on the kernel's clock, or earlier.
    pub sent_at: u64,
}

impl Delivery {
    /// A signal that has not left yet.
    pub fn new(to: Resident, signal: Signal) -> Self {
        Self { to, signal, sent_at: 0 }
    }

    /// The ask whose message it carries.
    #[inline]
    pub fn ask(&self) -> Option<AskId> {
        match &self.signal {
            Signal::Message(message) => message.ask,
            _ => None,
        }
    }

    /// The message that it carries.
    pub fn message(&self) -> Option<&Message> {
        match &self.signal {
            Signal::Message(message) => Some(message),
            _ => None,
        }
    }
}
