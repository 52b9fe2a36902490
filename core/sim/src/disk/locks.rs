//! The five lock levels of SQLite's database files, among the connections of one process.
//!
//! | to | refused while another connection | note |
//! | --- | --- | --- |
//! | `Shared` | waits for or has `Exclusive` | |
//! | `Reserved` | has `Reserved` | readers go on |
//! | `Exclusive` | has any lock | a refused one keeps new readers out until it is lowered |

use super::Trouble;

/// How much of a database file a connection has to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockLevel {
    /// Nothing.
    None,
    /// It reads.
    Shared,
    /// It means to write.
    Reserved,
    /// It waits for the readers to leave.
    Pending,
    /// It writes.
    Exclusive,
}

/// The locks on one file.
#[derive(Debug, Default)]
pub(super) struct Locks {
    /// Connections with any lock.
    holders: u32,
    reserved: bool,
    pending: bool,
}

impl Locks {
    pub(super) fn raise(&mut self, from: LockLevel, to: LockLevel) -> Result<(), Trouble> {
        if from >= to {
            return Ok(());
        }
        let free = match to {
            LockLevel::Shared => !self.pending,
            LockLevel::Reserved => !self.reserved && !self.pending,
            _ => from == LockLevel::Pending || !self.pending,
        };
        if !free || (to > LockLevel::Reserved && self.reserved && from < LockLevel::Reserved) {
            return Err(Trouble::Busy);
        }
        match to {
            LockLevel::Shared => self.holders += 1,
            LockLevel::Reserved => self.reserved = true,
            _ if self.holders > 1 => return Err(Trouble::Busy),
            _ => self.pending = true,
        }
        Ok(())
    }

    pub(super) fn lower(&mut self, from: LockLevel, to: LockLevel) {
        if from > LockLevel::Reserved && to < LockLevel::Pending {
            self.pending = false;
        }
        if from >= LockLevel::Reserved && to < LockLevel::Reserved {
            self.reserved = false;
        }
        if from >= LockLevel::Shared && to == LockLevel::None {
            self.holders -= 1;
        }
    }

    pub(super) fn is_reserved(&self) -> bool {
        self.reserved || self.pending
    }
}
