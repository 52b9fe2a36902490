//! The functions that SQLite calls. Each finds the open file's parts and hands over to `Database` or `Log`; what is
//! neither goes to the file system below.
#![expect(unsafe_code, reason = "SQLite's interface is one of pointers")]

use std::ffi::{CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs};

use crate::Base;
use crate::database::Database;
use crate::log::Log;

/// What SQLite sees as a file system: a copy of the one below with another `xOpen`, then where to find that one.
/// The other functions of the two known ones below use of their first argument nothing but what is copied.
#[repr(C)]
struct Checked {
    head: sqlite3_vfs,
    base: *mut sqlite3_vfs,
}

/// What SQLite sees as a file: its own head, then ours, then the file of the file system below.
#[repr(C)]
struct OpenFile {
    head: sqlite3_file,
    role: *mut Role,
}

enum Role {
    Database(Database),
    Log(Log),
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // Not 3: pages that are mapped into memory would not be verified.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Makes the checked file system over `base` known to SQLite under `name`.
pub(crate) fn register(base: Option<&str>, name: &str) -> Option<&'static str> {
    let base = base.map(CString::new).transpose().ok()?;
    let name: &'static str = Box::leak(format!("{name}\0").into_boxed_str());
    // SAFETY: the name ends with a zero; null asks for the default.
    let base = unsafe { ffi::sqlite3_vfs_find(base.as_ref().map_or(std::ptr::null(), |base| base.as_ptr())) };
    if base.is_null() {
        return None;
    }
    // SAFETY: SQLite's file systems live as long as the process.
    let mut head = unsafe { *base };
    head.pNext = null_mut();
    head.zName = name.as_ptr().cast();
    head.szOsFile += size_of::<OpenFile>() as c_int;
    head.xOpen = Some(open);
    let checked = Box::into_raw(Box::new(Checked { head, base }));
    // SAFETY: the structure and its name are never freed, as SQLite asks.
    let code = unsafe { ffi::sqlite3_vfs_register(checked.cast(), 0) };
    (code == ffi::SQLITE_OK).then(|| name.trim_end_matches('\0'))
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    path: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let role = match flags {
        _ if flags & ffi::SQLITE_OPEN_MAIN_DB != 0 => Some(Role::Database(Database::default())),
        _ if flags & ffi::SQLITE_OPEN_WAL != 0 => Some(Role::Log(Log::default())),
        _ => None,
    };
    // SAFETY: `register` made the structure behind this pointer.
    let base = unsafe { (*vfs.cast::<Checked>()).base };
    // SAFETY: as above; every file system has an `xOpen`.
    let Some(open_below) = (unsafe { (*base).xOpen }) else { return ffi::SQLITE_CANTOPEN };
    let Some(role) = role else {
        // SAFETY: SQLite's own arguments, with more room for the file than the one below asks for.
        return unsafe { open_below(base, path, file, flags, out_flags) };
    };
    // SAFETY: SQLite hands in room for `szOsFile` bytes, aligned for pointers: ours and the file's below.
    let code = unsafe { open_below(base, path, below(file), flags, out_flags) };
    let file = file.cast::<OpenFile>();
    // SAFETY: room for our part, as above; a null method table means that nothing is open.
    unsafe {
        (*file).head.pMethods = std::ptr::null();
        if code == ffi::SQLITE_OK {
            (*file).role = Box::into_raw(Box::new(role));
            (*file).head.pMethods = &METHODS;
        } else if !(*below(file.cast())).pMethods.is_null() {
            // A file below that could not be opened may still want to be closed.
            close_below(below(file.cast()));
        }
    }
    code
}

/// The file of the file system below.
///
/// # Safety
/// `file` has room for `OpenFile` and what follows.
unsafe fn below(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: as the caller promises.
    unsafe { file.cast::<OpenFile>().add(1).cast() }
}

/// # Safety
/// `below` is an open file of the file system below.
unsafe fn close_below(below: *mut sqlite3_file) -> c_int {
    // SAFETY: an open file has methods.
    unsafe { (*(*below).pMethods).xClose.map_or(ffi::SQLITE_OK, |close| close(below)) }
}

/// The parts of a file that `open` has opened and `close` has not closed.
///
/// # Safety
/// `file` is such a file, and no other reference to its role lives.
unsafe fn parts<'f>(file: *mut sqlite3_file) -> (&'f mut Role, Below) {
    // SAFETY: `open` has put an allocated role there; SQLite uses a file from one thread at a time.
    unsafe { (&mut *(*file.cast::<OpenFile>()).role, Below(below(file))) }
}

/// An open file of the file system below.
struct Below(*mut sqlite3_file);

impl Below {
    fn methods(&self) -> &sqlite3_io_methods {
        // SAFETY: an open file has methods, which live as long as the process.
        unsafe { &*(*self.0).pMethods }
    }
}

impl Base for Below {
    fn read(&mut self, at: u64, into: &mut [u8]) -> Result<(), i32> {
        let Some(read) = self.methods().xRead else { return Err(ffi::SQLITE_IOERR_READ) };
        // SAFETY: an open file, and a buffer of that length.
        done(unsafe { read(self.0, into.as_mut_ptr().cast(), into.len() as c_int, at as sqlite3_int64) })
    }

    fn write(&mut self, at: u64, from: &[u8]) -> Result<(), i32> {
        let Some(write) = self.methods().xWrite else { return Err(ffi::SQLITE_IOERR_WRITE) };
        // SAFETY: an open file, and a buffer of that length.
        done(unsafe { write(self.0, from.as_ptr().cast(), from.len() as c_int, at as sqlite3_int64) })
    }

    fn len(&mut self) -> Result<u64, i32> {
        let Some(file_size) = self.methods().xFileSize else { return Err(ffi::SQLITE_IOERR_FSTAT) };
        let mut len = 0;
        // SAFETY: an open file, and where to write the length.
        done(unsafe { file_size(self.0, &mut len) })?;
        Ok(len as u64)
    }
}

fn done(code: c_int) -> Result<(), c_int> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
}

/// SQLite's code for a result. A panic must not run through SQLite's frames.
fn guarded(work: impl FnOnce() -> Result<(), c_int>) -> c_int {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => ffi::SQLITE_OK,
        Ok(Err(code)) => code,
        Err(_) => ffi::SQLITE_IOERR,
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: `open` made the role by `Box::into_raw`, and SQLite closes a file once. What a log still holds back
    // belongs to a transaction that was not committed.
    unsafe {
        drop(Box::from_raw((*file.cast::<OpenFile>()).role));
        close_below(below(file))
    }
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    into: *mut c_void,
    bytes: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: an open file, and SQLite's buffer has room for that many bytes.
    let ((role, mut base), into) =
        unsafe { (parts(file), std::slice::from_raw_parts_mut(into.cast::<u8>(), bytes as usize)) };
    guarded(|| match role {
        Role::Database(database) => database.read(&mut base, at as u64, into),
        Role::Log(log) => log.read(&mut base, at as u64, into),
    })
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: an open file, and SQLite's buffer holds that many bytes.
    let ((role, mut base), from) =
        unsafe { (parts(file), std::slice::from_raw_parts(from.cast::<u8>(), bytes as usize)) };
    guarded(|| match role {
        Role::Database(database) => database.write(&mut base, at as u64, from),
        Role::Log(log) => log.write(&mut base, at as u64, from),
    })
}

/// Sends what a log holds back, so that the file below is what SQLite believes it to be.
///
/// # Safety
/// An open file.
unsafe fn settle(file: *mut sqlite3_file) -> Result<(), c_int> {
    // SAFETY: as the caller promises.
    match unsafe { parts(file) } {
        (Role::Log(log), mut base) => log.send(&mut base),
        (Role::Database(_), _) => Ok(()),
    }
}

/// A method that goes to the file below, after what was held back.
macro_rules! hand_on {
    ($($name:ident = $method:ident ($($argument:ident: $type:ty),*), else $otherwise:expr;)*) => {$(
        unsafe extern "C" fn $name(file: *mut sqlite3_file, $($argument: $type),*) -> c_int {
            guarded(|| {
                // SAFETY: an open file, and SQLite's own arguments for the file below.
                unsafe {
                    settle(file)?;
                    let below = below(file);
                    let method = (*(*below).pMethods).$method;
                    done(method.map_or($otherwise, |method| method(below, $($argument),*)))
                }
            })
        }
    )*};
}

hand_on! {
    truncate = xTruncate(len: sqlite3_int64), else ffi::SQLITE_IOERR_TRUNCATE;
    sync = xSync(flags: c_int), else ffi::SQLITE_IOERR_FSYNC;
    file_size = xFileSize(size: *mut sqlite3_int64), else ffi::SQLITE_IOERR_FSTAT;
    lock = xLock(level: c_int), else ffi::SQLITE_IOERR_LOCK;
    unlock = xUnlock(level: c_int), else ffi::SQLITE_IOERR_UNLOCK;
    check_reserved_lock = xCheckReservedLock(out: *mut c_int), else ffi::SQLITE_IOERR_CHECKRESERVEDLOCK;
    file_control = xFileControl(op: c_int, argument: *mut c_void), else ffi::SQLITE_NOTFOUND;
    shm_map = xShmMap(index: c_int, bytes: c_int, extend: c_int, out: *mut *mut c_void), else ffi::SQLITE_IOERR_SHMMAP;
    shm_lock = xShmLock(first: c_int, count: c_int, flags: c_int), else ffi::SQLITE_IOERR_SHMLOCK;
    shm_unmap = xShmUnmap(delete: c_int), else ffi::SQLITE_OK;
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    // SAFETY: an open file.
    unsafe {
        let below = below(file);
        if let Some(barrier) = (*(*below).pMethods).xShmBarrier {
            barrier(below);
        }
    }
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    // SAFETY: an open file.
    unsafe {
        let below = below(file);
        (*(*below).pMethods).xSectorSize.map_or(0, |sector_size| sector_size(below))
    }
}

/// Parts of pages are not read, because they could not be verified; frames come whole, each behind the other.
unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    // SAFETY: an open file.
    let flags = unsafe {
        let below = below(file);
        (*(*below).pMethods).xDeviceCharacteristics.map_or(0, |characteristics| characteristics(below))
    };
    (flags & !ffi::SQLITE_IOCAP_SUBPAGE_READ) | ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}
