//! A disk whose writes can be made to take as long as one likes.

use parking_lot::{Condvar, Mutex};
use redb::StorageBackend;
use redb::backends::InMemoryBackend;
use std::io;
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct HangingDisk {
    bytes: Arc<InMemoryBackend>,
    hangs: Arc<(Mutex<bool>, Condvar)>,
}

impl HangingDisk {
    pub fn set_hanging(&self, hangs: bool) {
        *self.hangs.0.lock() = hangs;
        self.hangs.1.notify_all();
    }
}

impl StorageBackend for HangingDisk {
    fn len(&self) -> Result<u64, io::Error> {
        self.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.bytes.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.bytes.set_len(len)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        let mut hangs = self.hangs.0.lock();
        self.hangs.1.wait_while(&mut hangs, |hangs| *hangs);
        drop(hangs);
        self.bytes.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.bytes.write(offset, data)
    }
}
