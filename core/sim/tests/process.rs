//! The embedded store on a real disk: processes killed under load, two on one folder, damage, and no room left.

use std::fs;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use everact_kernel::address::{Address, StoredKind};
use everact_kernel::commit::Record;
use everact_sim::checker::Ledger;
use everact_sim::disk::{Disk, Faults};
use everact_sim::seed::Random;
use everact_sim::vfs::{SimulatedFiles, mount};
use everact_sim::workload;
use everact_store::sqlite::{FileSystem, SystemFiles};
use everact_store::{SqliteOptions, SqliteStore, Store, StoreError};

const KILLS: u64 = 25;
/// A page and its header, in the log.
const FRAME_BYTES: u64 = 2_048 + 24;

/// A committer that is killed when it is dropped.
struct Committer {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Committer {
    fn start(folder: &Path, seed: u64) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_committer"))
            .arg(folder)
            .arg(seed.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the committer starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped"));
        let mut first = String::new();
        lines.read_line(&mut first).expect("readable");
        assert_eq!(first, "open\n");
        Self { process, lines }
    }

    /// Kills it and returns the number of the last commit that it has seen acknowledged.
    fn kill(&mut self) -> u64 {
        self.process.kill().expect("killed");
        self.process.wait().expect("dead");
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).expect("readable");
        // A last line without its end was not printed whole, but what it says was acknowledged all the same.
        rest.lines().last().and_then(|line| line.parse().ok()).unwrap_or(0)
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        // Killed and waited for already where all went well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder, SqliteOptions::default()).expect("opens")
}

#[test]
fn every_acknowledged_commit_outlives_a_kill_under_load() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Ledger::default();
    let mut total = 0;
    for seed in 0..KILLS {
        let mut committer = Committer::start(folder.path(), seed);
        std::thread::sleep(Duration::from_millis(20 + Random::new(seed).number() % 100));
        let acknowledged = committer.kill();
        // The same seed plans the same commits, so the process need not tell what was in them.
        let mut random = Random::new(seed);
        for _ in 0..acknowledged {
            let (after, _) = ledger.expect(&workload::batch(&mut random, ledger.held()));
            ledger.acknowledged(after);
        }
        let (after, _) = ledger.expect(&workload::batch(&mut random, ledger.held()));
        ledger.failed(after);
        ledger.check(&open(folder.path())).unwrap_or_else(|why| panic!("kill {seed}: {why}"));
        total += acknowledged;
    }
    println!("{KILLS} kills, {total} commits acknowledged");
    assert!(total > KILLS, "the processes were killed before they worked");
}

#[test]
fn a_second_process_is_refused_and_told_the_holder() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut committer = Committer::start(folder.path(), 1);
    let Err(StoreError::Locked(text)) = SqliteStore::open(folder.path(), SqliteOptions::default()) else {
        panic!("two processes hold the folder");
    };
    assert!(text.contains(&format!("pid {} on host ", committer.process.id())), "{text}");
    committer.kill();
    open(folder.path());
}

/// A folder as a killed process leaves it: with a log that holds all of its commits.
fn killed(seed: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut committer = Committer::start(folder.path(), seed);
    for _ in 0..10 {
        let mut line = String::new();
        committer.lines.read_line(&mut line).expect("readable");
    }
    committer.kill();
    folder
}

fn overwrite(path: &Path, at: u64, with: &[u8]) {
    let mut file = fs::File::options().write(true).open(path).expect("there");
    file.seek(SeekFrom::Start(at)).expect("seeks");
    file.write_all(with).expect("writes");
}

#[test]
fn a_damaged_log_is_reported() {
    // In a page of the third frame, in its header, and in the log's own header.
    for at in [32 + 2 * FRAME_BYTES + 1_000, 32 + 2 * FRAME_BYTES + 9, 17] {
        let folder = killed(at);
        overwrite(&folder.path().join("everact.db-wal"), at, b"damage");
        match SqliteStore::open(folder.path(), SqliteOptions::default()) {
            Err(StoreError::Corrupted(text)) => assert!(text.contains("everact.db-wal"), "{text}"),
            other => panic!("damage at {at}: {:?}", other.err()),
        }
    }
}

#[test]
fn a_damaged_database_is_reported() {
    for at in [0, 100] {
        let folder = killed(at);
        drop(open(folder.path()));
        overwrite(&folder.path().join("everact.db"), at, &[0xA5; 300]);
        let found = SqliteStore::open(folder.path(), SqliteOptions::default());
        assert!(matches!(found, Err(StoreError::Corrupted(_))), "damage at {at}: {:?}", found.err());
    }
}

/// A small file system, and how it is emptied a little.
enum Small {
    Tmpfs { at: PathBuf, ballast: PathBuf },
    Simulated { disk: Arc<Disk>, _mount: everact_sim::vfs::Mount },
}

const SMALL_BYTES: usize = 1 << 20;

impl Small {
    fn make(at: &Path) -> Self {
        let size = format!("size={SMALL_BYTES}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            println!("on a tmpfs of {SMALL_BYTES} bytes");
            let ballast = at.join("ballast");
            fs::write(&ballast, vec![1; SMALL_BYTES / 4]).expect("room for the ballast");
            return Self::Tmpfs { at: at.to_owned(), ballast };
        }
        println!("no tmpfs can be mounted here: on the simulated disk with room for {SMALL_BYTES} bytes");
        let disk = Disk::new(1);
        disk.set_faults(Faults { capacity_bytes: SMALL_BYTES, ..Faults::default() });
        let _mount = mount(at, Arc::clone(&disk));
        Self::Simulated { disk, _mount }
    }

    fn options(&self) -> SqliteOptions {
        let file_system: Arc<dyn FileSystem> = match self {
            Self::Tmpfs { .. } => Arc::new(SystemFiles),
            Self::Simulated { .. } => Arc::new(SimulatedFiles),
        };
        SqliteOptions { checkpoint_pages: 50, file_system, ..SqliteOptions::default() }
    }

    fn make_room(&self) {
        match self {
            Self::Tmpfs { ballast, .. } => fs::remove_file(ballast).expect("the ballast was there"),
            Self::Simulated { disk, .. } => {
                disk.set_faults(Faults { capacity_bytes: 2 * SMALL_BYTES, ..Faults::default() });
            }
        }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        if let Self::Tmpfs { at, .. } = self {
            // What cannot be unmounted goes with the machine.
            let _ = Command::new("umount").arg(at).status();
        }
    }
}

fn large(key: u64) -> Record {
    let address = Address { kind: StoredKind(1), key: format!("key-{key}").into() };
    let mut record = Record::new(address, 0, 1, 0);
    record.next = 1;
    record.state = Some(vec![key as u8; 3_000]);
    record
}

#[test]
fn a_full_disk_refuses_commits_and_loses_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let small = Small::make(folder.path());
    let store = SqliteStore::open(folder.path(), small.options()).expect("opens");
    let mut ledger = Ledger::default();
    let mut key = 0;
    let mut commit = |store: &SqliteStore, ledger: &mut Ledger| {
        key += 1;
        let records = [large(key)];
        let (after, expected) = ledger.expect(&records);
        let answer = store.commit(&records)?;
        assert_eq!(answer, expected);
        ledger.acknowledged(after);
        Ok::<(), StoreError>(())
    };
    let refused = loop {
        if let Err(error) = commit(&store, &mut ledger) {
            break error;
        }
    };
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    // It stays so while there is no room, reads go on, and the engine tries to reopen each time.
    for _ in 0..3 {
        ledger.check_unsettled(&store).expect("what was acknowledged is read");
        let reopened = store.reopen();
        assert!(matches!(reopened, Ok(()) | Err(StoreError::Unavailable(_))), "{reopened:?}");
        let again = commit(&store, &mut ledger);
        assert!(matches!(again, Ok(()) | Err(StoreError::Unavailable(_))), "{again:?}");
    }
    small.make_room();
    store.reopen().expect("there is room again");
    ledger.check(&store).expect("nothing was lost");
    for _ in 0..20 {
        commit(&store, &mut ledger).expect("work goes on");
    }
    drop(store);
    let store = SqliteStore::open(folder.path(), small.options()).expect("opens");
    ledger.check(&store).expect("nothing was lost");
    drop(store);
}
