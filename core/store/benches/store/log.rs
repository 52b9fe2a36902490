//! The limit: records appended to a preallocated file, one `fdatasync` a batch, nothing to read them by.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;

use everact_kernel::commit::Record;

/// How much is written before the log starts over in the same blocks.
const LOG_BYTES: usize = 512 << 20;

pub(crate) struct Log {
    file: File,
    buffer: Vec<u8>,
    written: usize,
}

impl Log {
    pub(crate) fn open(path: &Path) -> Self {
        let mut file = File::create(path).expect("create the log");
        let zeros = vec![0; 1 << 20];
        (0..LOG_BYTES >> 20).for_each(|_| file.write_all(&zeros).expect("preallocate the log"));
        file.sync_all().expect("sync the log");
        file.rewind().expect("rewind the log");
        Self { file, buffer: Vec::new(), written: 0 }
    }

    pub(crate) fn commit(&mut self, records: &[Record]) {
        self.buffer.clear();
        for record in records {
            let state = record.state.as_deref().unwrap_or_default();
            let key = record.address.key.as_bytes();
            let start = self.buffer.len();
            for number in [record.next, record.epoch, key.len() as u64, state.len() as u64] {
                self.buffer.extend_from_slice(&number.to_le_bytes());
            }
            self.buffer.extend_from_slice(key);
            self.buffer.extend_from_slice(state);
            let checksum = crc32fast::hash(&self.buffer[start..]);
            self.buffer.extend_from_slice(&checksum.to_le_bytes());
        }
        if self.written + self.buffer.len() > LOG_BYTES {
            self.file.rewind().expect("rewind the log");
            self.written = 0;
        }
        self.file.write_all(&self.buffer).expect("write the log");
        self.file.sync_data().expect("sync the log");
        self.written += self.buffer.len();
    }
}
