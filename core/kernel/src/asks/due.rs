//! The deadlines of open asks, earliest first.
//!
//! They stand in a queue while they come in order, which they do as long as callers take the same time-out, and in a heap
//! otherwise. So the commonest ask costs one push and no wheel.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::address::AskId;
use crate::bounded::Bounded;
use crate::limits::bounds::AskDeadlines;

/// Deadlines, some of asks that are open no more.
#[derive(Debug, Default)]
pub(super) struct Due {
    in_order: Bounded<VecDeque<(u64, AskId)>, AskDeadlines>,
    others: Bounded<BinaryHeap<Reverse<(u64, AskId)>>, AskDeadlines>,
}

impl Due {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.in_order.len() + self.others.len()
    }

    #[inline]
    pub(super) fn first(&self) -> Option<(u64, AskId)> {
        match (self.in_order.front().copied(), self.others.peek().map(|Reverse(first)| *first)) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, deadline_at: u64, ask: AskId) {
        match self.in_order.back() {
            Some((last, _)) if deadline_at < *last => self.others.push(Reverse((deadline_at, ask))),
            _ => self.in_order.push_back((deadline_at, ask)),
        }
    }

    pub(super) fn pop(&mut self) {
        if self.first() == self.in_order.front().copied() {
            self.in_order.pop_front();
        } else {
            self.others.pop();
        }
    }

    /// Begins anew with these, which stand in order.
    pub(super) fn rebuild(&mut self, deadlines: Vec<(u64, AskId)>) {
        self.in_order.clear();
        self.in_order.extend(deadlines);
        self.others.clear();
    }
}
