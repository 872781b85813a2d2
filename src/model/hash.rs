//! A content hash: the first 128 bits of SHA-256, in lower-case hexadecimal wherever it is written.

use std::fmt;

use sha2::{Digest, Sha256};

/// A 128-bit digest; equal bytes give equal hashes on every machine and in every version.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 16]);

impl Hash {
    /// Hashes `bytes`.
    pub fn digest(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let mut kept = [0; 16];
        kept.copy_from_slice(&digest[..16]);
        Self(kept)
    }

    /// Returns the bytes, to be stored in a row.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the hash from a row; `None` if it is not 16 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Hashes several parts so that moving a byte from one part to the next changes the result.
    pub fn digest_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut joined = Vec::new();
        for part in parts {
            joined.extend_from_slice(&(part.len() as u64).to_le_bytes());
            joined.extend_from_slice(part.as_bytes());
        }
        Self::digest(&joined)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
