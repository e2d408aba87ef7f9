//! A short number for a long list, so that two states of it can be told apart.

/// FNV-1a, 64 bits; no defence against whoever wants two lists to be taken for one.
pub(crate) struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fingerprint {
    /// A text, or a number: where it ends counts.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Never 0, and fits where only 32 bits with a sign do.
    pub(crate) const fn end(self) -> u32 {
        let folded = (self.0 ^ (self.0 >> 32)) as u32 & 0x7fff_ffff;
        if folded == 0 { 1 } else { folded }
    }
}
