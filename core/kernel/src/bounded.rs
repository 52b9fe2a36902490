//! `Bounded`: the only queue or map that may be a field of kernel or engine. Its type names its bound.
//!
//! There are two sorts of bound, both listed in `limits::bounds`. A *fixed* one has a number: `add` gives back what does not
//! fit, so that the code that adds also says what happens beyond. A *governed* one has no number of its own: what may be
//! held follows from another limit or from a setting, which is enforced elsewhere and has a name. Such a collection is used
//! like the one it is made of. Neither costs memory or time: the bound is a type, not a field.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// What limits a collection. Implemented by the markers of `limits::bounds` only.
pub trait Bound {
    /// How the bound is listed.
    const ROW: Row;
}

/// A bound with a number of its own.
pub trait Fixed: Bound {
    /// Items at most.
    const MAX: usize;
}

/// A bound that follows from another limit or from a setting.
pub trait Governed: Bound {}

/// A bound as documents list it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The marker's name.
    pub name: &'static str,
    /// What the collection holds.
    pub holds: &'static str,
    /// What is counted.
    pub unit: &'static str,
    /// How much of it there may be.
    pub limit: Limit,
    /// What happens beyond.
    pub beyond: &'static str,
}

/// How much a collection may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many items.
    AtMost(usize),
    /// What a limit of `limits` allows: its name and value.
    Constant(&'static str, usize),
    /// What a setting allows: its name.
    Setting(&'static str),
}

/// A collection whose type names its bound.
pub struct Bounded<C, B> {
    held: C,
    // A function's result: the marker is neither held nor dropped, so it has no say in what threads may do.
    bound: PhantomData<fn() -> B>,
}

/// What a fixed bound needs to know of a collection.
pub trait Collection {
    /// What is added. Maps take a key and its value.
    type Item;

    /// How many items there are.
    fn count(&self) -> usize;

    /// Whether adding this item makes the collection longer. A map replaces the value of a key that it has.
    fn lengthens(&self, _item: &Self::Item) -> bool {
        true
    }

    /// Adds an item.
    fn put(&mut self, item: Self::Item);
}

impl<C, B: Governed> Bounded<C, B> {
    /// Takes a collection under a governed bound.
    pub fn new(held: C) -> Self {
        Self { held, bound: PhantomData }
    }
}

impl<C: Collection, B: Fixed> Bounded<C, B> {
    /// Adds an item, last where there is an order. What does not fit comes back.
    #[inline]
    pub fn add(&mut self, item: C::Item) -> Result<(), C::Item> {
        if self.is_full() && self.held.lengthens(&item) {
            return Err(item);
        }
        self.held.put(item);
        Ok(())
    }

    /// Whether a further item would not fit.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.held.count() >= B::MAX
    }

    /// Changes what is held without making it longer.
    ///
    /// # Panics
    /// If `change` made it longer than the bound: that is what `add` is for.
    #[inline]
    pub fn shrink<R>(&mut self, change: impl FnOnce(&mut C) -> R) -> R {
        let result = change(&mut self.held);
        assert!(self.held.count() <= B::MAX, "{} holds more than it may", B::ROW.name);
        result
    }
}

impl<C, B> Bounded<C, B> {
    /// The collection, free of its bound: for what is handed on as a whole.
    pub fn into_inner(self) -> C {
        self.held
    }
}

impl<C, B> Deref for Bounded<C, B> {
    type Target = C;

    #[inline]
    fn deref(&self) -> &C {
        &self.held
    }
}

impl<'a, C, B> IntoIterator for &'a Bounded<C, B>
where
    &'a C: IntoIterator,
{
    type Item = <&'a C as IntoIterator>::Item;
    type IntoIter = <&'a C as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.held.into_iter()
    }
}

impl<C, B: Governed> DerefMut for Bounded<C, B> {
    #[inline]
    fn deref_mut(&mut self) -> &mut C {
        &mut self.held
    }
}

impl<C: Default, B> Default for Bounded<C, B> {
    fn default() -> Self {
        Self { held: C::default(), bound: PhantomData }
    }
}

impl<C: Clone, B> Clone for Bounded<C, B> {
    fn clone(&self) -> Self {
        Self { held: self.held.clone(), bound: PhantomData }
    }
}

impl<C: PartialEq, B> PartialEq for Bounded<C, B> {
    fn eq(&self, other: &Self) -> bool {
        self.held == other.held
    }
}

impl<C: Eq, B> Eq for Bounded<C, B> {}

impl<C: fmt::Debug, B> fmt::Debug for Bounded<C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.held.fmt(f)
    }
}

impl<T> Collection for Vec<T> {
    type Item = T;

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn put(&mut self, item: T) {
        self.push(item);
    }
}

impl<T> Collection for VecDeque<T> {
    type Item = T;

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn put(&mut self, item: T) {
        self.push_back(item);
    }
}

impl<T: Ord> Collection for BinaryHeap<T> {
    type Item = T;

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn put(&mut self, item: T) {
        self.push(item);
    }
}

impl<K: Eq + Hash, V, S: BuildHasher> Collection for HashMap<K, V, S> {
    type Item = (K, V);

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn lengthens(&self, (key, _): &(K, V)) -> bool {
        !self.contains_key(key)
    }

    #[inline]
    fn put(&mut self, (key, value): (K, V)) {
        self.insert(key, value);
    }
}

impl<T: Eq + Hash, S: BuildHasher> Collection for HashSet<T, S> {
    type Item = T;

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn lengthens(&self, item: &T) -> bool {
        !self.contains(item)
    }

    #[inline]
    fn put(&mut self, item: T) {
        self.insert(item);
    }
}

impl<K: Ord, V> Collection for BTreeMap<K, V> {
    type Item = (K, V);

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn lengthens(&self, (key, _): &(K, V)) -> bool {
        !self.contains_key(key)
    }

    #[inline]
    fn put(&mut self, (key, value): (K, V)) {
        self.insert(key, value);
    }
}

impl<T: Ord> Collection for BTreeSet<T> {
    type Item = T;

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn lengthens(&self, item: &T) -> bool {
        !self.contains(item)
    }

    #[inline]
    fn put(&mut self, item: T) {
        self.insert(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Three;

    impl Bound for Three {
        const ROW: Row = Row {
            name: "Three",
            holds: "Numbers of a test.",
            unit: "numbers",
            limit: Limit::AtMost(3),
            beyond: "the test gets the number back",
        };
    }

    impl Fixed for Three {
        const MAX: usize = 3;
    }

    struct Elsewhere;

    impl Bound for Elsewhere {
        const ROW: Row =
            Row { name: "Elsewhere", limit: Limit::Setting("activations_max"), ..<Three as Bound>::ROW };
    }

    impl Governed for Elsewhere {}

    /// Adds the items to an empty collection under a bound of three; gives what it took and what came back.
    fn filled<C: Collection + Default>(items: impl IntoIterator<Item = C::Item>) -> (C, Vec<C::Item>) {
        let mut bounded = Bounded::<C, Three>::default();
        let back = items.into_iter().filter_map(|item| bounded.add(item).err()).collect();
        (bounded.into_inner(), back)
    }

    #[test]
    fn what_does_not_fit_comes_back_and_nothing_of_it_is_kept() {
        assert_eq!(filled::<Vec<_>>(1..=5), (vec![1, 2, 3], vec![4, 5]));
        assert_eq!(filled::<VecDeque<_>>(1..=5), (VecDeque::from([1, 2, 3]), vec![4, 5]));
        let (heap, back) = filled::<BinaryHeap<_>>(1..=5);
        assert_eq!((heap.into_sorted_vec(), back), (vec![1, 2, 3], vec![4, 5]));
        assert_eq!(filled::<HashSet<_>>(1..=5), (HashSet::from([1, 2, 3]), vec![4, 5]));
        assert_eq!(filled::<BTreeSet<_>>(1..=5), (BTreeSet::from([1, 2, 3]), vec![4, 5]));
    }

    #[test]
    fn a_full_map_takes_a_new_value_for_a_key_that_it_has() {
        let given = [(1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (2, 'B')];
        assert_eq!(filled::<HashMap<_, _>>(given), ([(1, 'a'), (2, 'B'), (3, 'c')].into(), vec![(4, 'd')]));
        assert_eq!(filled::<BTreeMap<_, _>>(given), ([(1, 'a'), (2, 'B'), (3, 'c')].into(), vec![(4, 'd')]));
        assert_eq!(filled::<HashSet<_>>([1, 2, 3, 3]), ([1, 2, 3].into(), vec![]), "it was there already");
        assert_eq!(filled::<BTreeSet<_>>([1, 2, 3, 3]), ([1, 2, 3].into(), vec![]), "it was there already");
    }

    #[test]
    fn what_is_taken_out_makes_room() {
        let mut queue = Bounded::<VecDeque<_>, Three>::default();
        assert!((1..=3).all(|number| queue.add(number).is_ok()) && queue.is_full());
        assert_eq!(queue.shrink(VecDeque::pop_front), Some(1));
        assert_eq!(queue.add(4), Ok(()));
        assert_eq!(queue.iter().copied().collect::<Vec<_>>(), [2, 3, 4]);
    }

    #[test]
    #[should_panic(expected = "Three holds more than it may")]
    fn what_is_changed_in_place_does_not_pass_the_bound() {
        let mut queue = Bounded::<Vec<_>, Three>::default();
        queue.shrink(|queue| queue.extend(1..=4));
    }

    #[test]
    fn a_governed_collection_is_used_as_what_it_is_made_of() {
        let mut map = Bounded::<_, Elsewhere>::new(HashMap::from([(1, 'a')]));
        map.insert(2, 'b');
        map.entry(1).and_modify(|value| *value = 'A');
        assert_eq!(map, Bounded::new(HashMap::from([(1, 'A'), (2, 'b')])));
        assert_eq!(format!("{:?}", Bounded::<_, Elsewhere>::new(vec![1])), "[1]");
    }

    #[test]
    fn a_bound_costs_no_memory_and_no_thread() {
        assert_eq!(size_of::<Bounded<Vec<u8>, Three>>(), size_of::<Vec<u8>>());
        assert_eq!(size_of::<Option<Bounded<Vec<u8>, Three>>>(), size_of::<Option<Vec<u8>>>());
        const fn moves<T: Send + Sync>() {}
        const { moves::<Bounded<Vec<u8>, Three>>() }
    }
}
