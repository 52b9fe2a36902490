//! The inbox: pages, decisions, and when a delivery is believed.

use super::*;
use crate::address::StoredKind;

fn sender() -> Address {
    Address { kind: StoredKind(1), key: "sender".into() }
}

fn row(sequence: u64) -> RowId {
    RowId { sender: sender(), sequence }
}

#[test]
fn pages_are_read_one_behind_the_other_until_one_is_not_full() {
    let mut inbox = Inbox::default();
    assert!(inbox.begin(true, 0, None), "with the actor");
    assert!(inbox.next_page().is_none(), "it is being read");
    assert!(inbox.page_read(Some(row(9)), true));
    assert_eq!(inbox.next_page(), Some(Some(row(9))));
    assert!(inbox.page_read(Some(row(12)), false));
    assert!(inbox.next_page().is_none() && !inbox.is_owed());
}

#[test]
fn a_delivery_that_comes_while_a_page_is_read_is_read_after_it() {
    let mut inbox = Inbox::default();
    inbox.begin(true, 0, None);
    assert!(!inbox.takes(0, 0, false, true), "its row may be on the page");
    assert!(inbox.page_read(None, false));
    assert_eq!(inbox.next_page(), Some(None), "from the beginning");
    inbox.page_read(Some(row(1)), false);
    assert!(inbox.takes(0, 0, false, true));
}

#[test]
fn a_page_that_was_read_before_a_decision_is_read_again() {
    let mut inbox = Inbox::default();
    inbox.begin(true, 0, None);
    inbox.decided();
    assert!(!inbox.page_read(Some(row(3)), true));
    assert_eq!(inbox.next_page(), Some(None));
}

#[test]
fn an_old_delivery_is_looked_up_and_so_is_each_while_the_actor_is_distrusted() {
    let mut inbox = Inbox::default();
    assert!(!inbox.takes(0, DELIVERY_TRUSTED_MS, false, true), "it may have been handled long ago");
    let mut inbox = Inbox::default();
    inbox.begin(false, 100, None);
    assert!(!inbox.takes(99, 99, false, true));
    let mut inbox = Inbox::default();
    inbox.begin(false, 100, None);
    assert!(inbox.takes(100, 100, false, true));
}

#[test]
fn what_was_read_makes_the_next_activation_distrust_deliveries() {
    let mut inbox = Inbox::default();
    inbox.begin(true, 0, None);
    assert_eq!(inbox.renewed(7).distrust_until, 0);
    inbox.page_read(Some(row(1)), false);
    assert_eq!(inbox.renewed(7).distrust_until, 7 + DISTRUST_MS);
}

#[test]
fn what_does_not_fit_the_declaration_is_not_read_again() {
    let mut inbox = Inbox::default();
    inbox.expect_more();
    inbox.mismatch();
    assert!(inbox.next_page().is_none() && !inbox.is_owed());
    assert!(!inbox.takes(0, 0, false, true));
}

#[test]
fn waits_double_until_a_message_is_handled() {
    let mut inbox = Inbox::default();
    assert_eq!(inbox.backoff_ms(), OWED_RETRY_MS);
    inbox.begin(false, 0, Some(4 * OWED_RETRY_MS));
    assert_eq!(inbox.backoff_ms(), 8 * OWED_RETRY_MS);
    inbox.begin(false, 0, Some(OWED_RETRY_MS_MAX));
    assert_eq!(inbox.backoff_ms(), OWED_RETRY_MS_MAX);
    inbox.calm();
    assert_eq!(inbox.backoff_ms(), OWED_RETRY_MS);
}
