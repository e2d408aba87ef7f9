//! A disk in memory that loses what was not synced, and that can be told to fail.

use parking_lot::{Condvar, Mutex};
use redb::StorageBackend;
use std::io;
use std::sync::Arc;

/// A disk. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct CrashDisk(Arc<Disk>);

#[derive(Debug, Default)]
struct Disk {
    state: Mutex<State>,
    released: Condvar,
}

#[derive(Debug, Default)]
struct State {
    written: Vec<u8>,
    synced: Vec<u8>,
    is_full: bool,
    hangs: bool,
    syncs: u64,
    written_bytes: u64,
}

impl CrashDisk {
    /// The disk as it would be after a power cut now.
    pub fn after_a_crash(&self) -> Self {
        let synced = self.0.state.lock().synced.clone();
        let state = State {
            written: synced.clone(),
            synced,
            ..State::default()
        };
        Self(Arc::new(Disk {
            state: Mutex::new(state),
            released: Condvar::new(),
        }))
    }

    /// From now on writing fails, or works again.
    pub fn set_full(&self, is_full: bool) {
        self.0.state.lock().is_full = is_full;
    }

    /// From now on a sync does not come back, until it is told to.
    pub fn set_hanging(&self, hangs: bool) {
        self.0.state.lock().hangs = hangs;
        self.0.released.notify_all();
    }

    /// Bytes written to it in all.
    pub fn written_bytes(&self) -> u64 {
        self.0.state.lock().written_bytes
    }

    /// How often it was synced.
    pub fn syncs(&self) -> u64 {
        self.0.state.lock().syncs
    }
}

impl State {
    fn check_room(&self) -> io::Result<()> {
        if self.is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl StorageBackend for CrashDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.state.lock().written.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.state.lock();
        let start = offset as usize;
        let bytes = state.written.get(start..start + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.0.state.lock();
        state.check_room()?;
        state.written.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.0.state.lock();
        while state.hangs {
            self.0.released.wait(&mut state);
        }
        state.check_room()?;
        state.synced = state.written.clone();
        state.syncs += 1;
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.0.state.lock();
        state.check_room()?;
        state.written_bytes += data.len() as u64;
        let start = offset as usize;
        state.written[start..start + data.len()].copy_from_slice(data);
        Ok(())
    }
}
