//! The functions that SQLite calls: each checks, converts and hands over to `Handle`.
#![expect(unsafe_code, reason = "SQLite's interface is one of pointers")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs};

use super::{FILE_SYSTEM, Handle, find};
use crate::disk::{LockLevel, Trouble};

/// What SQLite sees as a file: its own head, then ours.
#[repr(C)]
struct OpenFile {
    head: sqlite3_file,
    handle: *mut Handle,
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
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

/// The longest path.
const PATH_BYTES_MAX: c_int = 1_024;
/// As the systems' own file systems say of themselves.
const SECTOR_BYTES: c_int = 4_096;

/// Makes the file system known to SQLite.
pub(super) fn register() {
    let name = std::ffi::CString::new(FILE_SYSTEM).expect("the name holds no zero");
    let vfs = sqlite3_vfs {
        iVersion: 1,
        szOsFile: size_of::<OpenFile>() as c_int,
        mxPathname: PATH_BYTES_MAX,
        pNext: null_mut(),
        zName: name.into_raw(),
        pAppData: null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: None,
        xCurrentTimeInt64: None,
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    };
    // SAFETY: the structure and its name are never freed, as SQLite asks.
    let code = unsafe { ffi::sqlite3_vfs_register(Box::into_raw(Box::new(vfs)), 0) };
    assert_eq!(code, ffi::SQLITE_OK, "SQLite takes the simulated file system");
}

/// A panic must not run through SQLite's frames.
fn guarded(work: impl FnOnce() -> c_int) -> c_int {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(ffi::SQLITE_IOERR)
}

fn code(result: Result<(), Trouble>, io: c_int) -> c_int {
    match result {
        Ok(()) => ffi::SQLITE_OK,
        Err(Trouble::Io) => io,
        Err(Trouble::Full) => ffi::SQLITE_FULL,
        Err(Trouble::Missing) => ffi::SQLITE_CANTOPEN,
        Err(Trouble::Busy) => ffi::SQLITE_BUSY,
    }
}

fn level(number: c_int) -> LockLevel {
    match number {
        ffi::SQLITE_LOCK_NONE => LockLevel::None,
        ffi::SQLITE_LOCK_SHARED => LockLevel::Shared,
        ffi::SQLITE_LOCK_RESERVED => LockLevel::Reserved,
        ffi::SQLITE_LOCK_PENDING => LockLevel::Pending,
        _ => LockLevel::Exclusive,
    }
}

/// The handle behind a file that `open` has filled in.
///
/// # Safety
/// `file` is one that `open` has opened and `close` has not closed; no other reference to its handle lives.
unsafe fn handle<'h>(file: *mut sqlite3_file) -> &'h mut Handle {
    // SAFETY: `open` has put an allocated handle there; SQLite uses a file from one thread at a time.
    unsafe { &mut *(*file.cast::<OpenFile>()).handle }
}

/// # Safety
/// `path` is null or ends with a zero, and lives as long as the result is used.
unsafe fn text<'p>(path: *const c_char) -> Option<&'p str> {
    // SAFETY: as the caller promises.
    (!path.is_null()).then(|| unsafe { CStr::from_ptr(path) }).and_then(|path| path.to_str().ok())
}

unsafe extern "C" fn open(
    _vfs: *mut sqlite3_vfs,
    path: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    guarded(|| {
        let file = file.cast::<OpenFile>();
        // SAFETY: SQLite hands in room for `szOsFile` bytes; a null method table means that nothing is open.
        unsafe { (*file).head.pMethods = std::ptr::null() };
        // SAFETY: SQLite's paths end with a zero and outlive the open file.
        let path = unsafe { text(path) };
        let has = |flag: c_int| flags & flag != 0;
        let opened = Handle::open(path, has(ffi::SQLITE_OPEN_CREATE), has(ffi::SQLITE_OPEN_EXCLUSIVE));
        match opened {
            Ok(handle) => {
                // SAFETY: as above; `out_flags` may be null.
                unsafe {
                    (*file).handle = Box::into_raw(Box::new(handle));
                    (*file).head.pMethods = &METHODS;
                    if !out_flags.is_null() {
                        *out_flags = flags;
                    }
                }
                ffi::SQLITE_OK
            }
            Err(trouble) => code(Err(trouble), ffi::SQLITE_IOERR),
        }
    })
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    guarded(|| {
        let file = file.cast::<OpenFile>();
        // SAFETY: `open` made the handle by `Box::into_raw`; SQLite closes a file once.
        let mut handle = unsafe { Box::from_raw((*file).handle) };
        handle.close();
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    into: *mut c_void,
    bytes: c_int,
    at: sqlite3_int64,
) -> c_int {
    guarded(|| {
        // SAFETY: SQLite's buffer has room for that many bytes.
        let into = unsafe { std::slice::from_raw_parts_mut(into.cast::<u8>(), bytes as usize) };
        // SAFETY: an open file.
        match unsafe { handle(file) }.read(at as usize, into) {
            Ok(there) if there == into.len() => ffi::SQLITE_OK,
            Ok(there) => {
                into[there..].fill(0);
                ffi::SQLITE_IOERR_SHORT_READ
            }
            Err(_) => ffi::SQLITE_IOERR_READ,
        }
    })
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    at: sqlite3_int64,
) -> c_int {
    guarded(|| {
        // SAFETY: SQLite's buffer holds that many bytes.
        let from = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), bytes as usize) };
        // SAFETY: an open file.
        code(unsafe { handle(file) }.write(at as usize, from), ffi::SQLITE_IOERR_WRITE)
    })
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, len: sqlite3_int64) -> c_int {
    // SAFETY: an open file.
    guarded(|| code(unsafe { handle(file) }.truncate(len as usize), ffi::SQLITE_IOERR_TRUNCATE))
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: an open file.
    guarded(|| code(unsafe { handle(file) }.sync(), ffi::SQLITE_IOERR_FSYNC))
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    // SAFETY: an open file.
    guarded(|| match unsafe { handle(file) }.len() {
        Ok(len) => {
            // SAFETY: SQLite hands in where to write the size.
            unsafe { *size = len as sqlite3_int64 };
            ffi::SQLITE_OK
        }
        Err(trouble) => code(Err(trouble), ffi::SQLITE_IOERR_FSTAT),
    })
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, to: c_int) -> c_int {
    // SAFETY: an open file.
    guarded(|| code(unsafe { handle(file) }.lock(level(to)), ffi::SQLITE_IOERR_LOCK))
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, to: c_int) -> c_int {
    guarded(|| {
        // SAFETY: an open file.
        unsafe { handle(file) }.unlock(level(to));
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    guarded(|| {
        // SAFETY: an open file, and where SQLite wants the answer.
        unsafe { *out = c_int::from(handle(file).is_reserved()) };
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn file_control(_file: *mut sqlite3_file, _op: c_int, _argument: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_file: *mut sqlite3_file) -> c_int {
    SECTOR_BYTES
}

unsafe extern "C" fn device_characteristics(_file: *mut sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    index: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    guarded(|| {
        // SAFETY: an open file.
        let member = unsafe { handle(file) }.shared();
        let Ok(member) = member else { return ffi::SQLITE_IOERR_SHMMAP };
        let region = member.map(index as usize, bytes as usize, extend != 0);
        // SAFETY: where SQLite wants the address.
        unsafe { *out = region.map_or(null_mut(), |start| start.as_ptr().cast()) };
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, first: c_int, count: c_int, flags: c_int) -> c_int {
    guarded(|| {
        // SAFETY: an open file.
        let member = unsafe { handle(file) }.shared();
        let Ok(member) = member else { return ffi::SQLITE_IOERR_SHMLOCK };
        let (first, count) = (first as usize, count as usize);
        if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
            member.unlock(first, count);
            return ffi::SQLITE_OK;
        }
        let exclusive = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
        code(member.lock(first, count, exclusive), ffi::SQLITE_IOERR_SHMLOCK)
    })
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    guarded(|| {
        // SAFETY: an open file.
        if let Some(member) = &unsafe { handle(file) }.shared {
            member.barrier();
        }
        ffi::SQLITE_OK
    });
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, _delete: c_int) -> c_int {
    guarded(|| {
        // SAFETY: an open file.
        unsafe { handle(file) }.shared = None;
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn delete(_vfs: *mut sqlite3_vfs, path: *const c_char, sync_folder: c_int) -> c_int {
    guarded(|| {
        // SAFETY: SQLite's paths end with a zero.
        let Some((disk, name)) = unsafe { text(path) }.and_then(find) else {
            return ffi::SQLITE_IOERR_DELETE_NOENT;
        };
        match disk.delete(name, sync_folder != 0) {
            Err(Trouble::Missing) => ffi::SQLITE_IOERR_DELETE_NOENT,
            result => code(result, ffi::SQLITE_IOERR_DELETE),
        }
    })
}

unsafe extern "C" fn access(
    _vfs: *mut sqlite3_vfs,
    path: *const c_char,
    _flags: c_int,
    out: *mut c_int,
) -> c_int {
    guarded(|| {
        // SAFETY: SQLite's paths end with a zero.
        let found = unsafe { text(path) }.and_then(find);
        let exists = found.map_or(Ok(false), |(disk, name)| disk.exists(name));
        // SAFETY: where SQLite wants the answer.
        unsafe { *out = c_int::from(exists.unwrap_or(false)) };
        if exists.is_ok() { ffi::SQLITE_OK } else { ffi::SQLITE_IOERR_ACCESS }
    })
}

unsafe extern "C" fn full_pathname(
    _vfs: *mut sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite's paths end with a zero.
    let bytes = unsafe { CStr::from_ptr(path) }.to_bytes_with_nul();
    if bytes.len() > room as usize {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: SQLite's buffer has `room` bytes, and the path fits.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len()) };
    ffi::SQLITE_OK
}

/// Nothing of the simulation hangs on SQLite's random numbers; its own mixing makes them differ.
unsafe extern "C" fn randomness(_vfs: *mut sqlite3_vfs, bytes: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite's buffer has that many bytes.
    unsafe { std::ptr::write_bytes(out, 0x5A, bytes as usize) };
    bytes
}

/// Time stands still, so waiting is over at once.
unsafe extern "C" fn sleep(_vfs: *mut sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

unsafe extern "C" fn current_time(_vfs: *mut sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: where SQLite wants the time; any day does.
    unsafe { *out = 2_460_000.5 };
    ffi::SQLITE_OK
}
