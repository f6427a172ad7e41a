//! From a password to a key: scrypt, inside bounds that a hostile key file cannot leave.

use zeroize::Zeroizing;

use crate::error::CryptoError;
use crate::key::{MasterKey, MasterKeyParts};

/// 128·N·r above this is refused: a key file is read before anything proves who wrote it.
const MAX_SCRATCH_BYTES: u64 = 1 << 30;
/// 128·r·p above this is refused.
const MAX_STATE_BYTES: u64 = 1 << 26;
/// N·r·p, the number of 128-byte blocks mixed twice over. Fifty times the default: about twenty seconds.
const MAX_WORK_BLOCKS: u64 = 1 << 26;

/// The p lanes of scrypt run side by side while their scratch stays within this, and one after the other beyond.
const MAX_PARALLEL_SCRATCH_BYTES: u64 = 64 << 20;

/// scrypt's cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfParams {
    pub n: u64,
    pub r: u32,
    pub p: u32,
}

impl KdfParams {
    /// The work of N = 2^17, p = 1, which the OWASP cheat sheet on storing passwords puts first, in four lanes of 32 MiB,
    /// of which two are computed side by side.
    pub const DEFAULT: Self = Self { n: 32768, r: 8, p: 4 };
    /// The cheapest allowed, for tests only.
    pub const INSECURE_FOR_TESTS: Self = Self { n: 2, r: 1, p: 1 };

    /// How many lanes to compute at the same time: as many as there are cores for and the bound on memory leaves.
    fn lanes_at_once(self) -> usize {
        let fitting = MAX_PARALLEL_SCRATCH_BYTES / self.n.saturating_mul(128 * u64::from(self.r)).max(1);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        usize::try_from(fitting.min(self.p.into())).map_or(1, |lanes| lanes.clamp(1, cores))
    }

    /// The same parameters in the crate's form, or why they are refused.
    fn checked(self) -> Result<scrypt::Params, CryptoError> {
        let Self { n, r, p } = self;
        let refuse = |reason| CryptoError::KdfParameters { n, r, p, reason };
        if n < 2 || !n.is_power_of_two() {
            return Err(refuse("N must be a power of two above 1"));
        }
        if r == 0 || p == 0 {
            return Err(refuse("r and p must be at least 1"));
        }
        // N blocks of scratch, and p blocks of state; the second is bounded apart, so that N may take its whole share.
        let size_bytes = |blocks: u64| blocks.checked_mul(128 * u64::from(r));
        if size_bytes(n).is_none_or(|bytes| bytes > MAX_SCRATCH_BYTES) {
            return Err(refuse("they would take more than 1 GiB of memory"));
        }
        if size_bytes(u64::from(p)).is_none_or(|bytes| bytes > MAX_STATE_BYTES) {
            return Err(refuse("r and p together would take more than 64 MiB of memory"));
        }
        let work_blocks = n.checked_mul(u64::from(r)).and_then(|blocks| blocks.checked_mul(u64::from(p)));
        if work_blocks.is_none_or(|blocks| blocks > MAX_WORK_BLOCKS) {
            return Err(refuse("they would take minutes to compute"));
        }
        let log_n = n.trailing_zeros() as u8; // below 64, n being a u64
        scrypt::Params::new(log_n, r, p).map_err(|_| refuse("scrypt does not define them"))
    }
}

/// The key that a password and a salt give: it opens the key file, which holds the [`MasterKey`].
///
/// Any N (a power of two), r and p are accepted while the memory stays within 1 GiB and the work under a bound.
/// The 64 bytes that scrypt yields are, in order, the encryption key, k and r.
pub fn derive_key(password: &[u8], salt: &[u8], params: KdfParams) -> Result<MasterKey, CryptoError> {
    let checked = params.checked()?;
    let refuse = |reason| CryptoError::KdfParameters { n: params.n, r: params.r, p: params.p, reason };
    let mut derived = Zeroizing::new([0; 64]);
    // A pool of this call's own: the library's would take as many lanes at once as there are cores, whatever they weigh.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(params.lanes_at_once()).build();
    let pool = pool.map_err(|_| refuse("no thread could be started for them"))?;
    pool.install(|| scrypt::scrypt(password, salt, &checked, derived.as_mut()))
        .map_err(|_| refuse("scrypt cannot give 64 bytes"))?;
    let mut parts = MasterKeyParts { encrypt: [0; 32], mac_k: [0; 16], mac_r: [0; 16] };
    parts.encrypt.copy_from_slice(&derived[..32]);
    parts.mac_k.copy_from_slice(&derived[32..48]);
    parts.mac_r.copy_from_slice(&derived[48..]);
    Ok(MasterKey::from_parts(parts))
}
