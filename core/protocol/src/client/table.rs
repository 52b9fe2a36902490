//! The table of open asks: who waits, until when, and what may be sent again.

use std::collections::HashMap;
use std::time::Instant;

use everact_kernel::error::{ErrorCode, Failure};

use crate::wire;

/// An ask without an outcome.
#[derive(Debug)]
pub(super) struct OpenAsk {
    /// The message, until it is sent; where it may be sent again, until its outcome.
    pub(super) message: Option<wire::Ask>,
    /// Sending it twice does no harm: it is recognized, or its handler changes nothing.
    pub(super) repeatable: bool,
    pub(super) sent: bool,
    /// Which address it goes to.
    pub(super) peer: usize,
    /// None waits for ever.
    pub(super) deadline: Option<Instant>,
}

/// All open asks.
#[derive(Debug, Default)]
pub(super) struct Table {
    asks: HashMap<u64, OpenAsk>,
    /// No deadline is earlier.
    nearest: Option<Instant>,
    /// Set when closing began: nothing new, and the end of waiting.
    close_by: Option<Instant>,
}

impl Table {
    /// Adds an ask; says whether its deadline is nearer than all others.
    pub(super) fn insert(&mut self, id: u64, open: OpenAsk, most: usize) -> Result<bool, Failure> {
        if self.close_by.is_some() {
            return Err(Failure::plain(ErrorCode::Closed));
        }
        if self.asks.len() >= most {
            return Err(Failure::plain(ErrorCode::Overloaded));
        }
        if self.asks.contains_key(&id) {
            return Err(Failure::new(ErrorCode::InvalidArgument, "the ask's number is in use"));
        }
        let deadline = open.deadline;
        self.asks.insert(id, open);
        let nearer = deadline.is_some_and(|at| self.nearest.is_none_or(|nearest| at < nearest));
        if nearer {
            self.nearest = deadline;
        }
        Ok(nearer)
    }

    pub(super) fn take(&mut self, id: u64) -> Option<OpenAsk> {
        self.asks.remove(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.asks.len()
    }

    /// The message to send now, with the time that is left for it. One that may be sent again stays here.
    pub(super) fn message_for(&mut self, id: u64, peer: usize, now: Instant) -> Option<wire::Ask> {
        let open = self.asks.get_mut(&id).filter(|open| open.peer == peer && !open.sent)?;
        open.sent = true;
        let mut message = match open.repeatable {
            true => open.message.clone()?,
            false => open.message.take()?,
        };
        message.deadline_ms = open.deadline.map_or(u32::MAX, |at| {
            u32::try_from(at.saturating_duration_since(now).as_millis()).unwrap_or(u32::MAX - 1).max(1)
        });
        Some(message)
    }

    /// Takes out what is due; the rest says when to look again.
    pub(super) fn due(&mut self, now: Instant) -> Vec<(u64, OpenAsk)> {
        if self.nearest.is_none_or(|nearest| nearest > now) {
            return Vec::new();
        }
        let late: Vec<u64> =
            self.asks.iter().filter(|(_, open)| is_late(open, now)).map(|(id, _)| *id).collect();
        let due = late.into_iter().filter_map(|id| Some((id, self.asks.remove(&id)?))).collect();
        self.nearest = self.asks.values().filter_map(|open| open.deadline).min();
        due
    }

    /// When something is due next.
    pub(super) fn nearest(&self) -> Option<Instant> {
        [self.nearest, self.close_by].into_iter().flatten().min()
    }

    /// A connection broke: asks of `peer` that may go again move to where `elsewhere` says, in their order, the others are given up.
    pub(super) fn lost(&mut self, peer: usize, elsewhere: impl Fn(&wire::Ask) -> usize) -> Lost {
        let mut ids: Vec<u64> =
            self.asks.iter().filter(|(_, open)| open.peer == peer).map(|(id, _)| *id).collect();
        ids.sort_unstable();
        let mut lost = Lost::default();
        for id in ids {
            let Some(open) = self.asks.get_mut(&id) else { continue };
            match &open.message {
                Some(message) => {
                    open.peer = elsewhere(message);
                    open.sent = false;
                    lost.again.push((id, open.peer));
                }
                None => {
                    self.asks.remove(&id);
                    lost.given_up.push(id);
                }
            }
        }
        lost
    }

    /// No more asks; the open ones have until then.
    pub(super) fn close_by(&mut self, at: Instant) {
        self.close_by = Some(self.close_by.map_or(at, |earlier| earlier.min(at)));
    }

    /// Whether closing is over: the asks that are still open, or none.
    pub(super) fn closed(&mut self, now: Instant) -> Option<Vec<u64>> {
        let at = self.close_by?;
        (self.asks.is_empty() || at <= now).then(|| self.asks.drain().map(|(id, _)| id).collect())
    }

    /// All that wait for this address and were not sent.
    pub(super) fn take_unsent(&mut self, peer: usize) -> Vec<u64> {
        let unsent = |open: &OpenAsk| open.peer == peer && !open.sent;
        let ids: Vec<u64> = self.asks.iter().filter(|(_, open)| unsent(open)).map(|(id, _)| *id).collect();
        ids.iter().for_each(|id| drop(self.asks.remove(id)));
        ids
    }
}

/// What a broken connection means for its asks.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// Ask and where it goes now.
    pub(super) again: Vec<(u64, usize)>,
    /// What became of these nobody knows.
    pub(super) given_up: Vec<u64>,
}

fn is_late(open: &OpenAsk, now: Instant) -> bool {
    open.deadline.is_some_and(|at| at <= now)
}
