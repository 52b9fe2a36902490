//! What outlives an engine: a store in memory, or the disk under the real one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use everact_sim::disk::{self, Crash, Disk};
use everact_sim::seed::Random;
use everact_sim::vfs::{Mount, SimulatedFiles, mount};
use everact_store::{MemoryStore, SqliteOptions, SqliteStore, Store, StoreError};

pub enum Place {
    Memory(Arc<MemoryStore>),
    Disk { disk: Arc<Disk>, folder: PathBuf, options: SqliteOptions, _mount: Mount },
}

impl Place {
    pub fn memory() -> Self {
        Self::Memory(Arc::new(MemoryStore::new()))
    }

    /// A simulated disk under a folder, which holds the store's lock only.
    pub fn disk(random: &mut Random, folder: &Path) -> Self {
        let options = SqliteOptions {
            cache_kib: 64,
            readers_max: 1,
            checkpoint_pages: random.pick(&[3, 10, 30]),
            checkpoint_thread: false,
            file_system: Arc::new(SimulatedFiles),
            ..SqliteOptions::default()
        };
        let disk = Disk::new(random.number());
        let _mount = mount(folder, Arc::clone(&disk));
        Self::Disk { disk, folder: folder.to_owned(), options, _mount }
    }

    /// Opens the store for another life, on a disk that is well again.
    pub fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Self::Memory(store) => Ok(store.clone()),
            Self::Disk { disk, folder, options, .. } => {
                disk.restart();
                disk.set_faults(disk::Faults::default());
                Ok(Arc::new(SqliteStore::open(folder, options.clone())?))
            }
        }
    }

    /// Whether the store goes on after an engine has closed it.
    pub fn outlives(&self) -> bool {
        matches!(self, Self::Memory(_))
    }

    /// Whether a crash that was planned has come.
    pub fn is_down(&self) -> bool {
        matches!(self, Self::Disk { disk, .. } if disk.is_down())
    }

    /// Plans a crash within the next operations of the disk, or failing syncs and writes.
    pub fn disturb(&self, random: &mut Random) {
        let Self::Disk { disk, .. } = self else { return };
        match random.below(4) {
            0 => disk.set_faults(disk::Faults { failed_syncs: 200, ..disk::Faults::default() }),
            1 => disk.set_faults(disk::Faults { failed_writes: 40, ..disk::Faults::default() }),
            2 => disk.plan(1 + random.below(60) as u64, how(random)),
            _ => disk.set_faults(disk::Faults::default()),
        }
    }

    /// Nothing goes wrong from now on.
    pub fn calm(&self) {
        if let Self::Disk { disk, .. } = self {
            disk.set_faults(disk::Faults::default());
            disk.restart();
        }
    }

    /// The process ends, or the power. Whoever holds the store drops it before `open`.
    pub fn crash(&self, random: &mut Random) {
        if let Self::Disk { disk, .. } = self {
            disk.crash(how(random));
        }
    }
}

fn how(random: &mut Random) -> Crash {
    random.pick(&[Crash::Kill, Crash::PowerCut])
}
