//! A disk in memory: what a program sees of its files, what of that is durable, and how it fails.
//!
//! | event | what the program sees afterwards | what is durable afterwards |
//! | --- | --- | --- |
//! | a write | the new bytes | as before; the write is pending |
//! | a sync | the same | all pending writes of the file, and the folder's names |
//! | a sync that fails | the same | a random part of the pending writes; the rest is forgotten for good, as Linux does |
//! | a write on a full disk | a part of the new bytes | as before |
//! | the process is killed | all of it, with its locks gone | as before |
//! | the power is cut | what was durable, and of the pending writes none, some, all or torn ones | the same |
//!
//! A cut or a kill may be planned for the n-th operation from now; that operation is done in part or not at all.

mod file;
mod locks;
mod power;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::seed::Random;
use crate::vfs::Shared;
use file::File;
pub use locks::LockLevel;

/// A file, by number: a name may move on to another file.
pub(crate) type FileId = u64;

/// Why an operation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The disk did not answer; what became of the operation is not known.
    Io,
    /// No room.
    Full,
    /// No such file.
    Missing,
    /// Somebody else holds a lock.
    Busy,
}

/// How the disk ends what its users do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The process dies, the system lives on: every write stays.
    Kill,
    /// The power goes: what was not synced is up to the seed.
    PowerCut,
}

/// What goes wrong by chance, in a thousand operations.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Syncs that fail.
    pub failed_syncs: u32,
    /// Writes that fail after a part of them was done.
    pub failed_writes: u32,
    /// How many bytes all files may hold together; 0 is no bound.
    pub capacity_bytes: usize,
    /// The one file whose syncs and writes fail; `None` is any.
    pub only_file: Option<&'static str>,
    /// Every sync says that all is well and does nothing.
    pub syncs_do_nothing: bool,
}

/// How often something happened, so that a test can show that it did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Writes, truncations, deletions and syncs.
    pub operations: u64,
    /// Syncs that were made to fail.
    pub failed_syncs: u64,
    /// Writes that were made to fail.
    pub failed_writes: u64,
    /// Writes that found no room.
    pub full_writes: u64,
    /// Cuts of the power.
    pub power_cuts: u64,
    /// Kills of the process.
    pub kills: u64,
    /// Pending writes that a cut lost.
    pub lost_writes: u64,
    /// Pending writes that a cut tore.
    pub torn_writes: u64,
}

/// A disk. Its users hold it through `vfs::mount`.
#[derive(Debug)]
pub struct Disk {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    random: Random,
    faults: Faults,
    counts: Counts,
    files: HashMap<FileId, File>,
    /// The folder as programs see it, and as it is durable.
    names: BTreeMap<String, FileId>,
    durable_names: BTreeMap<String, FileId>,
    next_file: FileId,
    /// Rises with each crash: handles of an earlier life are refused.
    life: u64,
    down: bool,
    planned: Option<(u64, Crash)>,
    /// The file whose next sync fails.
    failing_sync: Option<String>,
}

impl Disk {
    /// An empty disk whose failures the seed decides.
    pub fn new(seed: u64) -> Arc<Self> {
        let state = State {
            random: Random::new(seed),
            faults: Faults::default(),
            counts: Counts::default(),
            files: HashMap::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            next_file: 1,
            life: 1,
            down: false,
            planned: None,
            failing_sync: None,
        };
        Arc::new(Self { state: Mutex::new(state) })
    }

    /// Changes what goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.state.lock().faults = faults;
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        self.state.lock().counts
    }

    /// How many bytes all files hold together.
    pub fn bytes(&self) -> usize {
        self.state.lock().bytes()
    }

    /// Crashes at the n-th writing operation from now; that one is done in part.
    pub fn plan(&self, operations: u64, crash: Crash) {
        let mut state = self.state.lock();
        state.planned = Some((state.counts.operations + operations.max(1), crash));
    }

    /// Lets the next sync of a file fail, and only that one.
    pub fn fail_next_sync(&self, name: &str) {
        self.state.lock().failing_sync = Some(name.to_owned());
    }

    /// Crashes now. Until `restart` every operation is refused.
    pub fn crash(&self, crash: Crash) {
        self.state.lock().crash(crash);
    }

    /// Whether it has crashed.
    pub fn is_down(&self) -> bool {
        self.state.lock().down
    }

    /// Is there again, with what the crash has left and nothing planned.
    pub fn restart(&self) {
        let mut state = self.state.lock();
        state.down = false;
        state.planned = None;
    }

    /// The files' names and lengths.
    pub fn list(&self) -> Vec<(String, usize)> {
        let state = self.state.lock();
        state.names.iter().map(|(name, id)| (name.clone(), state.files[id].len())).collect()
    }

    /// A file's bytes as programs see them.
    pub fn bytes_of(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state.lock();
        state.names.get(name).map(|id| state.files[id].content().to_vec())
    }

    /// Puts a file there, durably, as an earlier build has left it.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let mut state = self.state.lock();
        let id = state.next_file;
        state.next_file += 1;
        let mut file = File::default();
        file.write(0, bytes);
        file.sync();
        state.files.insert(id, file);
        state.names.insert(name.to_owned(), id);
        state.sync_folder();
    }

    /// Changes a file's bytes behind everybody's back, durably: damage.
    pub fn damage(&self, name: &str, change: impl FnOnce(&mut [u8])) {
        let mut state = self.state.lock();
        let Some(id) = state.names.get(name).copied() else { return };
        if let Some(file) = state.files.get_mut(&id) {
            file.damage(change);
        }
    }
}

/// What the file system does. Each call names the life in which its handle was made.
impl Disk {
    pub(crate) fn open(&self, name: &str, create: bool, fresh: bool) -> Result<(FileId, u64), Trouble> {
        let mut state = self.state.lock();
        let life = state.life;
        state.check(life)?;
        if let (Some(id), false) = (state.names.get(name), fresh) {
            return Ok((*id, life));
        }
        if !create {
            return Err(Trouble::Missing);
        }
        let id = state.next_file;
        state.next_file += 1;
        state.files.insert(id, File::default());
        state.names.insert(name.to_owned(), id);
        Ok((id, life))
    }

    pub(crate) fn exists(&self, name: &str) -> Result<bool, Trouble> {
        let state = self.state.lock();
        state.check(state.life)?;
        Ok(state.names.get(name).is_some_and(|id| state.files[id].is_used()))
    }

    pub(crate) fn delete(&self, name: &str, sync_folder: bool) -> Result<(), Trouble> {
        let mut state = self.state.lock();
        let life = state.life;
        let crash = state.step(life)?;
        let found = state.names.remove(name);
        if sync_folder && crash.is_none() {
            state.sync_folder();
        }
        state.end_step(crash);
        match (crash, found) {
            (Some(_), _) => Err(Trouble::Io),
            (None, None) => Err(Trouble::Missing),
            (None, Some(_)) => Ok(()),
        }
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), Trouble> {
        let mut state = self.state.lock();
        let life = state.life;
        let crash = state.step(life)?;
        let Some(id) = state.names.get(from).copied() else { return Err(Trouble::Missing) };
        if crash.is_none() || state.random.chance(500) {
            state.names.remove(from);
            state.names.insert(to.to_owned(), id);
        }
        state.end_step(crash);
        crash.map_or(Ok(()), |_| Err(Trouble::Io))
    }

    pub(crate) fn read(&self, id: FileId, life: u64, at: usize, into: &mut [u8]) -> Result<usize, Trouble> {
        let state = self.state.lock();
        state.check(life)?;
        let content = state.files.get(&id).ok_or(Trouble::Io)?.content();
        let there = content.len().saturating_sub(at).min(into.len());
        if there > 0 {
            into[..there].copy_from_slice(&content[at..at + there]);
        }
        Ok(there)
    }

    pub(crate) fn len(&self, id: FileId, life: u64) -> Result<usize, Trouble> {
        let state = self.state.lock();
        state.check(life)?;
        Ok(state.files.get(&id).ok_or(Trouble::Io)?.len())
    }

    pub(crate) fn write(&self, id: FileId, life: u64, at: usize, bytes: &[u8]) -> Result<(), Trouble> {
        let mut state = self.state.lock();
        let crash = state.step(life)?;
        let room = state.room_for(id, at, bytes.len());
        let failed_writes = state.faults.failed_writes;
        let fails = state.random.chance(failed_writes) && state.may_fail(id);
        let part = file::whole_sectors(at, state.random.below(bytes.len() + 1));
        let (done, trouble) = match (crash, fails) {
            (Some(_), _) | (None, true) => (part, Some(Trouble::Io)),
            (None, false) if room < bytes.len() => (room, Some(Trouble::Full)),
            (None, false) => (bytes.len(), None),
        };
        state.files.get_mut(&id).ok_or(Trouble::Io)?.write(at, &bytes[..done]);
        match trouble {
            Some(Trouble::Full) => state.counts.full_writes += 1,
            Some(_) if crash.is_none() => state.counts.failed_writes += 1,
            _ => {}
        }
        state.end_step(crash);
        trouble.map_or(Ok(()), Err)
    }

    pub(crate) fn truncate(&self, id: FileId, life: u64, len: usize) -> Result<(), Trouble> {
        let mut state = self.state.lock();
        let crash = state.step(life)?;
        if crash.is_none() || state.random.chance(500) {
            state.files.get_mut(&id).ok_or(Trouble::Io)?.truncate(len);
        }
        state.end_step(crash);
        crash.map_or(Ok(()), |_| Err(Trouble::Io))
    }

    pub(crate) fn sync(&self, id: FileId, life: u64) -> Result<(), Trouble> {
        let mut state = self.state.lock();
        let crash = state.step(life)?;
        if state.faults.syncs_do_nothing {
            state.end_step(crash);
            return crash.map_or(Ok(()), |_| Err(Trouble::Io));
        }
        let mut failed = if state.may_fail(id) { state.faults.failed_syncs } else { 0 };
        if state.failing_sync.as_ref().is_some_and(|name| state.names.get(name) == Some(&id)) {
            state.failing_sync = None;
            failed = 1_000;
        }
        let State { random, files, counts, .. } = &mut *state;
        let file = files.get_mut(&id).ok_or(Trouble::Io)?;
        if crash.is_none() && random.chance(failed) {
            file.fail_sync(random);
            counts.failed_syncs += 1;
            return Err(Trouble::Io);
        }
        if crash.is_none() || random.chance(500) {
            file.sync();
            state.sync_folder();
        }
        state.end_step(crash);
        crash.map_or(Ok(()), |_| Err(Trouble::Io))
    }

    pub(crate) fn sync_folder(&self) -> Result<(), Trouble> {
        let mut state = self.state.lock();
        let life = state.life;
        let crash = state.step(life)?;
        if crash.is_none() {
            state.sync_folder();
        }
        state.end_step(crash);
        crash.map_or(Ok(()), |_| Err(Trouble::Io))
    }

    pub(crate) fn lock(&self, id: FileId, life: u64, from: LockLevel, to: LockLevel) -> Result<(), Trouble> {
        let mut state = self.state.lock();
        state.check(life)?;
        state.files.get_mut(&id).ok_or(Trouble::Io)?.locks.raise(from, to)
    }

    /// Locks of an earlier life went with it.
    pub(crate) fn unlock(&self, id: FileId, life: u64, from: LockLevel, to: LockLevel) {
        let mut state = self.state.lock();
        if state.life == life
            && let Some(file) = state.files.get_mut(&id)
        {
            file.locks.lower(from, to);
        }
    }

    pub(crate) fn is_reserved(&self, id: FileId) -> bool {
        self.state.lock().files.get(&id).is_some_and(|file| file.locks.is_reserved())
    }

    /// The memory that a database's connections share, for as long as one of them holds it.
    pub(crate) fn shared(&self, id: FileId, life: u64) -> Result<Arc<Shared>, Trouble> {
        let mut state = self.state.lock();
        state.check(life)?;
        let file = state.files.get_mut(&id).ok_or(Trouble::Io)?;
        Ok(file.shared.upgrade().unwrap_or_else(|| {
            let fresh = Arc::new(Shared::default());
            file.shared = Arc::downgrade(&fresh);
            fresh
        }))
    }
}

impl State {
    fn check(&self, life: u64) -> Result<(), Trouble> {
        if self.down || life != self.life { Err(Trouble::Io) } else { Ok(()) }
    }

    /// Counts a writing operation; says whether the planned crash comes with it.
    fn step(&mut self, life: u64) -> Result<Option<Crash>, Trouble> {
        self.check(life)?;
        self.counts.operations += 1;
        let due = self.planned.filter(|(at, _)| self.counts.operations >= *at);
        Ok(due.map(|(_, crash)| crash))
    }

    fn may_fail(&self, id: FileId) -> bool {
        self.faults.only_file.is_none_or(|name| self.names.get(name) == Some(&id))
    }

    fn end_step(&mut self, crash: Option<Crash>) {
        if let Some(crash) = crash {
            self.crash(crash);
        }
    }

    fn bytes(&self) -> usize {
        self.names.values().filter_map(|id| self.files.get(id)).map(File::len).sum()
    }

    /// How many of `len` bytes at `at` fit.
    fn room_for(&self, id: FileId, at: usize, len: usize) -> usize {
        if self.faults.capacity_bytes == 0 {
            return len;
        }
        let held = self.files.get(&id).map_or(0, File::len);
        let free = self.faults.capacity_bytes.saturating_sub(self.bytes());
        (held + free).saturating_sub(at).min(len)
    }
}

impl Default for File {
    fn default() -> Self {
        Self::new(Weak::new())
    }
}
