//! Writing a file out in small pieces before it is synced.

use std::fs::File;
use std::io;

/// What is written at once: about a millisecond of a disk's time. Smaller pieces cost commits more than they spare them
/// (`cargo bench -p everact-store -- sqlite`: 256 KiB, 8 % fewer a second).
#[cfg(target_os = "linux")]
const PIECE_BYTES: u64 = 1024 * 1024;

/// Hands a file's unwritten pages to the disk, piece after piece, and waits for each: a sync that comes next finds little to do, and syncs of
/// other files never wait behind more than a piece. Makes nothing durable by itself; elsewhere than on Linux it does nothing.
///
/// # Errors
/// What the disk says. The pages that it refused count as written for the system: the file must not be trusted any more.
#[cfg(target_os = "linux")]
pub fn write_out(file: &File) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    let flags =
        libc::SYNC_FILE_RANGE_WAIT_BEFORE | libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER;
    let length = file.metadata()?.len();
    for at in (0..length).step_by(PIECE_BYTES as usize) {
        // SAFETY: the descriptor is open for as long as `file` is borrowed; no memory is handed over.
        let result = unsafe { libc::sync_file_range(file.as_raw_fd(), at as i64, PIECE_BYTES as i64, flags) };
        if result != 0 {
            let error = io::Error::last_os_error();
            // File systems that cannot do it (FUSE, some in memory) leave all of it to the sync.
            return if error.raw_os_error() == Some(libc::ENOSYS) || error.raw_os_error() == Some(libc::ESPIPE)
            {
                Ok(())
            } else {
                Err(error)
            };
        }
    }
    Ok(())
}

/// Hands a file's unwritten pages to the disk; here that is left to the sync.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn write_out(_file: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_of_several_pieces_is_written_out_and_as_it_was() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        let content: Vec<u8> = (0..1_000_003_u32).map(|at| at as u8).collect();
        file.write_all(&content).expect("written");
        write_out(file.as_file()).expect("written out");
        assert_eq!(std::fs::read(file.path()).expect("readable"), content);
    }

    #[test]
    fn what_is_no_file_of_the_disk_is_left_alone() {
        let null = File::options().write(true).open("/dev/null").expect("opens");
        write_out(&null).expect("nothing to do");
    }
}
