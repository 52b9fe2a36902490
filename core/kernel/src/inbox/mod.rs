//! The inbox: messages for a durable actor that stand in other actors' outboxes, read by pages, and which of them were handled.
//!
//! | page | means | leaves it by |
//! | --- | --- | --- |
//! | Idle | nothing is being read | `next_page` -> Loading, if there is more |
//! | After | a full page was read: go on behind this row, once it has been handled | `next_page` -> Loading |
//! | Loading | the outboxes are being read | `page_read` -> Idle or After; `decided` -> Stale |
//! | Stale | the same, but a decision came meanwhile that the page may not show | `page_read` -> Idle, and it is read again |
//!
//! Beside the page, `more` says that rows may stand in outboxes from the beginning on. Which messages were handled is remembered
//! for each sender; what is forgotten is looked up in its outbox before it is believed (ADR 0010).

mod distrusted;
mod owed;

pub(crate) use distrusted::Distrusted;
pub(crate) use owed::Owed;

use crate::address::Address;
use crate::commit::RowId;
use crate::limits::{DELIVERY_TRUSTED_MS, DISTRUST_MS, OWED_RETRY_MS, OWED_RETRY_MS_MAX, SENDERS_HELD_MAX};
use crate::marks::Memory;

#[derive(Debug, Default, PartialEq, Eq)]
enum Page {
    #[default]
    Idle,
    After(RowId),
    Loading,
    Stale,
}

/// One durable actor's inbox.
#[derive(Debug)]
pub(crate) struct Inbox {
    page: Page,
    /// Messages to this actor stand in outboxes beyond those queued.
    more: bool,
    /// Messages were read from outboxes: their deliveries may still come.
    paged: bool,
    /// The last message of each sender that was handled, or found to be one that waits for another declaration.
    heard: Memory<Address, u64>,
    /// Until then a delivery is looked up in its outbox before it is believed.
    distrust_until: u64,
    /// The stored state does not fit the declaration: told messages wait for another one.
    mismatched: bool,
    /// How long its messages waited before it was woken for them; 0 once it has handled one.
    backoff_ms: u64,
}

impl Default for Inbox {
    fn default() -> Self {
        Self {
            page: Page::Idle,
            more: false,
            paged: false,
            heard: Memory::new(SENDERS_HELD_MAX),
            distrust_until: 0,
            mismatched: false,
            backoff_ms: 0,
        }
    }
}

impl Inbox {
    /// Its actor is about to be read. Returns whether the outboxes are to be read with it.
    pub(crate) fn begin(&mut self, look: bool, distrust_until: u64, backoff_ms: Option<u64>) -> bool {
        let look = look || self.more;
        self.more = false;
        self.page = if look { Page::Loading } else { Page::Idle };
        self.distrust_until = self.distrust_until.max(distrust_until);
        self.backoff_ms = backoff_ms.unwrap_or(self.backoff_ms);
        look
    }

    /// What the next activation of the same actor goes on with.
    pub(crate) fn renewed(&self, now_ms: u64) -> Self {
        let distrust_until = match self.paged {
            true => self.distrust_until.max(now_ms + DISTRUST_MS),
            false => self.distrust_until,
        };
        Self { more: self.more, distrust_until, backoff_ms: self.backoff_ms, ..Self::default() }
    }

    /// Whether its outboxes are being read.
    pub(crate) fn is_reading(&self) -> bool {
        matches!(self.page, Page::Loading | Page::Stale)
    }

    /// Whether outboxes hold messages that were not read.
    pub(crate) fn has_more(&self) -> bool {
        self.more || matches!(self.page, Page::After(_))
    }

    /// Whether it has messages to come before its actor rests.
    pub(crate) fn is_owed(&self) -> bool {
        !self.mismatched && (self.more || self.page != Page::Idle)
    }

    /// Whether told messages wait for another declaration.
    pub(crate) fn is_mismatched(&self) -> bool {
        self.mismatched
    }

    /// The stored state does not fit the declaration of today.
    pub(crate) fn mismatch(&mut self) {
        self.mismatched = true;
    }

    /// Whether messages were read from outboxes.
    pub(crate) fn is_paged(&self) -> bool {
        self.paged
    }

    /// There may be rows that this activation does not know of.
    pub(crate) fn expect_more(&mut self) {
        self.more = true;
    }

    /// Begins to read the next page, behind this row or from the beginning; `None` if there is nothing to read now.
    pub(crate) fn next_page(&mut self) -> Option<Option<RowId>> {
        if !self.has_more() || self.is_reading() || self.mismatched {
            return None;
        }
        match std::mem::replace(&mut self.page, Page::Loading) {
            Page::After(row) => Some(Some(row)),
            _ => {
                self.more = false;
                Some(None)
            }
        }
    }

    /// A page was read that ends with this row; a full one is followed by another. Returns whether it can be used.
    pub(crate) fn page_read(&mut self, last: Option<RowId>, full: bool) -> bool {
        self.paged |= last.is_some();
        let stale = self.page == Page::Stale;
        // One that was read before a decision about one of its messages may not show it.
        self.more |= stale;
        self.page = match last.filter(|_| full && !stale) {
            Some(row) => Page::After(row),
            None => Page::Idle,
        };
        !stale
    }

    /// Reading has failed: what was not read is still to be read, from the beginning. Returns whether there is more.
    pub(crate) fn page_failed(&mut self) -> bool {
        self.more |= self.is_reading();
        self.page = Page::Idle;
        self.more
    }

    /// A person has decided about one of its messages: all are read anew.
    pub(crate) fn decided(&mut self) {
        self.more = true;
        self.page = if self.is_reading() { Page::Stale } else { Page::Idle };
    }

    /// Whether a delivery may be handled as it comes. If not, it is read from its outbox later, in order. `beginning` says that
    /// the activation is still being read, with its inbox.
    pub(crate) fn takes(&mut self, sent_at: u64, now_ms: u64, beginning: bool, room: bool) -> bool {
        let trusted = now_ms >= self.distrust_until && now_ms.saturating_sub(sent_at) < DELIVERY_TRUSTED_MS;
        let reading = (self.is_reading() && !beginning) || matches!(self.page, Page::After(_));
        let takes = trusted && room && !reading && !self.more && !self.mismatched;
        self.more |= !takes;
        takes
    }

    /// Whether a sender's message was handled before.
    pub(crate) fn is_heard(&self, sender: &Address, sequence: u64) -> bool {
        self.heard.get(sender).is_some_and(|&heard| sequence <= heard)
    }

    /// Remembers a sender's message, handled by the accepted change `accepted` while `committed` is durable.
    pub(crate) fn hear(&mut self, row: &RowId, accepted: u64, committed: u64, now_ms: u64) {
        if self.is_heard(&row.sender, row.sequence) {
            return;
        }
        // A page on its way may still show what is durable by now.
        let committed = if self.is_reading() { 0 } else { committed };
        if self.heard.insert(row.sender.clone(), row.sequence, accepted, committed) {
            self.distrust_until = now_ms + DISTRUST_MS;
        }
    }

    /// It has handled a message: the next wait to be woken is short again.
    pub(crate) fn calm(&mut self) {
        self.backoff_ms = 0;
    }

    /// How long its messages wait if its actor leaves now.
    pub(crate) fn backoff_ms(&self) -> u64 {
        (2 * self.backoff_ms).clamp(OWED_RETRY_MS, OWED_RETRY_MS_MAX)
    }
}

#[cfg(test)]
mod tests;
