//! The end of a life: which files and bytes are there in the next.

use super::{Crash, State};

impl State {
    pub(super) fn crash(&mut self, crash: Crash) {
        if self.down {
            return;
        }
        self.down = true;
        self.life += 1;
        self.planned = None;
        match crash {
            Crash::Kill => {
                self.counts.kills += 1;
                self.files.values_mut().for_each(super::File::forget_users);
            }
            Crash::PowerCut => {
                self.counts.power_cuts += 1;
                self.choose_names();
                self.choose_bytes();
            }
        }
        self.forget_nameless_files();
    }

    pub(super) fn sync_folder(&mut self) {
        if self.durable_names != self.names {
            self.durable_names.clone_from(&self.names);
        }
    }

    /// A name that was given or taken since the folder was synced may be there or not.
    fn choose_names(&mut self) {
        let mut all: Vec<String> = self.names.keys().chain(self.durable_names.keys()).cloned().collect();
        all.sort();
        all.dedup();
        for name in all {
            let (now, durable) = (self.names.get(&name).copied(), self.durable_names.get(&name).copied());
            if now == durable || self.random.chance(500) {
                continue;
            }
            match durable {
                Some(id) => self.names.insert(name, id),
                None => self.names.remove(&name),
            };
        }
        self.durable_names.clone_from(&self.names);
    }

    fn choose_bytes(&mut self) {
        // In the names' order: the seed must mean the same in each run.
        let ids: Vec<_> = self.names.values().copied().collect();
        for id in ids {
            if let Some(file) = self.files.get_mut(&id) {
                let (lost, torn) = file.cut_power(&mut self.random);
                self.counts.lost_writes += lost;
                self.counts.torn_writes += torn;
            }
        }
    }

    /// A deleted file lives as long as it is open; here all of them live until the crash.
    fn forget_nameless_files(&mut self) {
        let Self { files, names, durable_names, .. } = self;
        files.retain(|id, _| {
            names.values().any(|named| named == id) || durable_names.values().any(|named| named == id)
        });
    }
}
