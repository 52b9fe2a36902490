//! Entries of a slab in a row: appended at the end and taken out anywhere, each in constant time.
//!
//! An entry may be in several rows at once, so it holds a `Neighbours` for each, and each operation is told which is meant.

use crate::bounded::Governed;
use crate::slab::Slab;

/// Where an entry stands in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Neighbours {
    before: Option<u32>,
    after: Option<u32>,
}

/// A row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    first: Option<u32>,
    last: Option<u32>,
}

impl Chain {
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn last(&self) -> Option<u32> {
        self.last
    }

    /// Appends the entry in this slot, which is in no row of this sort.
    pub(super) fn append<T, B: Governed>(
        &mut self,
        slab: &mut Slab<T, B>,
        slot: u32,
        of: fn(&mut T) -> &mut Neighbours,
    ) {
        *of(entry(slab, slot)) = Neighbours { before: self.last, after: None };
        match self.last.replace(slot) {
            Some(last) => of(entry(slab, last)).after = Some(slot),
            None => self.first = Some(slot),
        }
    }

    /// Takes the entry in this slot out, which is in this row.
    pub(super) fn take_out<T, B: Governed>(
        &mut self,
        slab: &mut Slab<T, B>,
        slot: u32,
        of: fn(&mut T) -> &mut Neighbours,
    ) {
        let Neighbours { before, after } = std::mem::take(of(entry(slab, slot)));
        match before {
            Some(before) => of(entry(slab, before)).after = after,
            None => self.first = after,
        }
        match after {
            Some(after) => of(entry(slab, after)).before = before,
            None => self.last = before,
        }
    }

    /// The entries, first to last.
    pub(super) fn iter<'a, T, B: Governed>(
        &self,
        slab: &'a Slab<T, B>,
        of: fn(&T) -> &Neighbours,
    ) -> impl Iterator<Item = &'a T> + use<'a, T, B> {
        walk(slab, self.first, move |entry| of(entry).after)
    }

    /// The entries, last to first.
    pub(super) fn iter_back<'a, T, B: Governed>(
        &self,
        slab: &'a Slab<T, B>,
        of: fn(&T) -> &Neighbours,
    ) -> impl Iterator<Item = &'a T> + use<'a, T, B> {
        walk(slab, self.last, move |entry| of(entry).before)
    }
}

fn entry<T, B: Governed>(slab: &mut Slab<T, B>, slot: u32) -> &mut T {
    slab.get_mut(slot).expect("a row names slots in use only")
}

fn walk<T, B: Governed>(
    slab: &Slab<T, B>,
    from: Option<u32>,
    next: impl Fn(&T) -> Option<u32>,
) -> impl Iterator<Item = &T> {
    let mut at = from;
    std::iter::from_fn(move || {
        let entry = slab.get(at?)?;
        at = next(entry);
        Some(entry)
    })
}

#[cfg(test)]
mod tests {
    use crate::limits::bounds::GroupMonitors;
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug)]
    struct Entry {
        number: u32,
        neighbours: Neighbours,
    }

    proptest! {
        #[test]
        fn a_chain_is_a_row_whatever_is_taken_out(steps in prop::collection::vec((any::<bool>(), 0usize..20), 0..200)) {
            let (mut slab, mut chain, mut row) = (Slab::<_, GroupMonitors>::default(), Chain::default(), Vec::<(u32, u32)>::new());
            for (number, (append, which)) in steps.into_iter().enumerate() {
                if append || row.is_empty() {
                    let (slot, _) = slab.insert(Entry { number: number as u32, neighbours: Neighbours::default() });
                    chain.append(&mut slab, slot, |entry| &mut entry.neighbours);
                    row.push((slot, number as u32));
                } else {
                    let (slot, _) = row.remove(which % row.len());
                    chain.take_out(&mut slab, slot, |entry| &mut entry.neighbours);
                    slab.remove(slot);
                }
                let numbers: Vec<_> = row.iter().map(|(_, number)| *number).collect();
                let of: fn(&Entry) -> &Neighbours = |entry| &entry.neighbours;
                let mut back: Vec<_> = chain.iter_back(&slab, of).map(|entry| entry.number).collect();
                back.reverse();
                prop_assert_eq!(&chain.iter(&slab, of).map(|entry| entry.number).collect::<Vec<_>>(), &numbers);
                prop_assert_eq!(&back, &numbers);
                prop_assert_eq!((chain.is_empty(), chain.last()), (row.is_empty(), row.last().map(|(slot, _)| *slot)));
            }
        }
    }
}
