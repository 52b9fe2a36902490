//! Unique names of processes, as OTP's `register`; here a process may have several.
//!
//! | a name is | on | goes to |
//! | --- | --- | --- |
//! | free | `register` | taken by a process |
//! | taken | `register`, of anybody | taken, and the caller is told by whom |
//! | | `unregister`, or the end of its process | free |

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::chain::{Chain, Neighbours};
use super::{BadName, check_name};
use crate::bounded::Bounded;
use crate::limits::bounds::RegisteredNames;
use crate::limits::{REGISTERED_NAMES_MAX, SCAN_SLOTS};
use crate::process::ProcessId;
use crate::slab::Slab;

/// Why a name was not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// This process has it, which may be the one that wants it.
    Taken(ProcessId),
    /// It is no name.
    Bad(BadName),
    /// There are as many names as there may be.
    TooMany,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken(process) => write!(f, "{process:?} has this name"),
            Self::Bad(bad) => bad.fmt(f),
            Self::TooMany => write!(f, "there are {REGISTERED_NAMES_MAX} names, which is the most"),
        }
    }
}

impl std::error::Error for NameError {}

#[derive(Debug)]
struct Held {
    name: Arc<str>,
    owner: ProcessId,
    of_owner: Neighbours,
}

/// Who is called how.
#[derive(Debug, Default)]
pub struct Names {
    held: Slab<Held, RegisteredNames>,
    by_name: Bounded<HashMap<Arc<str>, u32, FixedState>, RegisteredNames>,
    owners: Bounded<HashMap<ProcessId, Chain, FixedState>, RegisteredNames>,
}

impl Names {
    /// Gives a process that is alive a name.
    pub fn register(&mut self, name: &str, owner: ProcessId) -> Result<(), NameError> {
        self.check_free(name)?;
        let name: Arc<str> = name.into();
        let (slot, _) = self.held.insert(Held { name: name.clone(), owner, of_owner: Neighbours::default() });
        self.by_name.insert(name, slot);
        self.owners.entry(owner).or_default().append(&mut self.held, slot, |held| &mut held.of_owner);
        Ok(())
    }

    /// Whether a process could get this name.
    pub fn check_free(&self, name: &str) -> Result<(), NameError> {
        check_name(name).map_err(NameError::Bad)?;
        if let Some(holder) = self.whereis(name) {
            return Err(NameError::Taken(holder));
        }
        match self.held.len() < REGISTERED_NAMES_MAX {
            true => Ok(()),
            false => Err(NameError::TooMany),
        }
    }

    /// Takes a name away; returns the process that had it.
    pub fn unregister(&mut self, name: &str) -> Option<ProcessId> {
        let slot = self.by_name.remove(name)?;
        let owner = self.held.get(slot)?.owner;
        if let Some(names) = self.owners.get_mut(&owner) {
            names.take_out(&mut self.held, slot, |held| &mut held.of_owner);
            if names.is_empty() {
                self.owners.remove(&owner);
            }
        }
        self.held.remove(slot);
        Some(owner)
    }

    /// The process that has this name.
    pub fn whereis(&self, name: &str) -> Option<ProcessId> {
        let slot = self.by_name.get(name)?;
        self.held.get(*slot).map(|held| held.owner)
    }

    /// The names of a process, in the order in which it got them.
    pub fn names_of(&self, process: ProcessId) -> impl Iterator<Item = &Arc<str>> {
        let names = self.owners.get(&process).copied().unwrap_or_default();
        names.iter(&self.held, |held| &held.of_owner).map(|held| &held.name)
    }

    /// A process has ended: its names are free. Returns them, the last first.
    pub fn end(&mut self, process: ProcessId) -> Vec<Arc<str>> {
        let mut freed = Vec::new();
        let Some(mut names) = self.owners.remove(&process) else { return freed };
        while let Some(slot) = names.last() {
            names.take_out(&mut self.held, slot, |held| &mut held.of_owner);
            if let Some(held) = self.held.remove(slot) {
                self.by_name.remove(&held.name);
                freed.push(held.name);
            }
        }
        freed
    }

    /// All names and who has them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, ProcessId)> {
        self.by_name.iter().filter_map(|(name, slot)| Some((name, self.held.get(*slot)?.owner)))
    }

    /// So many names and who has them, in an order that does not change, and from where to go on.
    pub fn page(&self, from: u32, limit: usize) -> (Vec<(Arc<str>, ProcessId)>, Option<u32>) {
        let mut page = Vec::new();
        for (slot, held) in self.held.scan(from, SCAN_SLOTS) {
            if page.len() >= limit {
                return (page, Some(slot));
            }
            page.push((held.name.clone(), held.owner));
        }
        let next = from.saturating_add(SCAN_SLOTS);
        (page, (next < self.held.slots()).then_some(next))
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::limits::REGISTERED_NAME_BYTES_MAX;

    const ONE: ProcessId = ProcessId(1);
    const TWO: ProcessId = ProcessId(2);

    fn texts(names: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
        names.into_iter().map(|name| name.as_ref().to_string()).collect()
    }

    #[test]
    fn a_name_is_taken_once_and_the_second_is_told_by_whom() {
        let mut names = Names::default();
        assert_eq!(names.register("clock", ONE), Ok(()));
        assert_eq!(names.register("clock", TWO), Err(NameError::Taken(ONE)));
        assert_eq!(
            names.register("clock", ONE),
            Err(NameError::Taken(ONE)),
            "as in OTP it is no second time"
        );
        assert_eq!(names.whereis("clock"), Some(ONE));
        assert_eq!(names.unregister("clock"), Some(ONE));
        assert_eq!((names.unregister("clock"), names.whereis("clock")), (None, None));
        assert_eq!(names.register("clock", TWO), Ok(()));
    }

    #[test]
    fn all_names_of_a_process_vanish_with_it() {
        let mut names = Names::default();
        for (name, owner) in [("a", ONE), ("b", TWO), ("c", ONE), ("d", ONE)] {
            names.register(name, owner).expect("it is free");
        }
        names.unregister("c");
        assert_eq!(texts(names.names_of(ONE)), ["a", "d"]);
        assert_eq!(texts(names.end(ONE)), ["d", "a"]);
        assert_eq!((names.len(), names.whereis("a"), names.whereis("b")), (1, None, Some(TWO)));
        assert!(names.end(ONE).is_empty(), "it has ended before");
        assert_eq!(names.names_of(ONE).count(), 0);
    }

    #[test]
    fn a_name_is_text_within_its_bound() {
        let mut names = Names::default();
        assert_eq!(names.register("", ONE), Err(NameError::Bad(BadName::Empty)));
        let longest = "é".repeat(REGISTERED_NAME_BYTES_MAX / 2);
        assert_eq!(names.register(&longest, ONE), Ok(()));
        let long = NameError::Bad(BadName::Long(REGISTERED_NAME_BYTES_MAX + 1));
        assert_eq!(names.register(&(longest + "x"), ONE), Err(long));
        assert_eq!(long.to_string(), "a name has 1025 bytes, 1024 is the most");
        assert_eq!(NameError::Taken(ONE).to_string(), "<1> has this name");
    }

    #[test]
    fn more_names_than_the_bound_are_refused_until_one_is_free() {
        let mut names = Names::default();
        for number in 0..REGISTERED_NAMES_MAX as u64 {
            names.register(&number.to_string(), ProcessId(number)).expect("there is room");
        }
        assert_eq!(names.register("one more", ONE), Err(NameError::TooMany));
        assert_eq!(names.register("7", ONE), Err(NameError::Taken(ProcessId(7))), "that comes before");
        names.end(ProcessId(7));
        assert_eq!(names.register("one more", ONE), Ok(()));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Register(u8, u64),
        Unregister(u8),
        End(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0u8..8, 0u64..4).prop_map(|(name, owner)| Step::Register(name, owner)),
            2 => (0u8..8).prop_map(Step::Unregister),
            1 => (0u64..4).prop_map(Step::End),
        ]
    }

    proptest! {
        #[test]
        fn names_are_a_map_from_name_to_process(steps in prop::collection::vec(step(), 0..200)) {
            let (mut names, mut model) = (Names::default(), BTreeMap::<String, ProcessId>::new());
            for step in steps {
                match step {
                    Step::Register(name, owner) => {
                        let (name, owner) = (name.to_string(), ProcessId(owner));
                        let wanted = model.get(&name).map_or(Ok(()), |holder| Err(NameError::Taken(*holder)));
                        prop_assert_eq!(names.register(&name, owner), wanted);
                        model.entry(name).or_insert(owner);
                    }
                    Step::Unregister(name) => {
                        prop_assert_eq!(names.unregister(&name.to_string()), model.remove(&name.to_string()));
                    }
                    Step::End(owner) => {
                        let mut freed = texts(names.end(ProcessId(owner)));
                        freed.sort();
                        let of_owner = |(_, holder): &(&String, &ProcessId)| **holder == ProcessId(owner);
                        prop_assert_eq!(freed, texts(model.iter().filter(of_owner).map(|(name, _)| name)));
                        model.retain(|_, holder| *holder != ProcessId(owner));
                    }
                }
                let held: BTreeMap<_, _> = names.iter().map(|(name, owner)| (name.to_string(), owner)).collect();
                prop_assert_eq!(&held, &model);
                prop_assert_eq!((names.len(), names.is_empty()), (model.len(), model.is_empty()));
                for owner in (0..4).map(ProcessId) {
                    let mut own = texts(names.names_of(owner));
                    own.sort();
                    let wanted = model.iter().filter(|(_, holder)| **holder == owner).map(|(name, _)| name);
                    prop_assert_eq!(own, texts(wanted));
                }
                let owners: std::collections::HashSet<_> = model.values().collect();
                prop_assert_eq!(names.owners.len(), owners.len(), "nothing is kept of those without a name");
            }
        }
    }
}
