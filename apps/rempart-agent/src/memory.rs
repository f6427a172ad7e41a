//! How the process gives memory back: settings of glibc's allocator, made once before anything is allocated in earnest, and
//! the end of a job, after which it should be as small as before.

/// Buffers from this size on are mapped alone, and returned to the system when freed.
#[cfg(target_env = "gnu")]
const MAPPED_FROM_BYTES: libc::c_int = 1 << 20;
/// A free end of the heap beyond this is returned as well.
#[cfg(target_env = "gnu")]
const TRIMMED_BEYOND_BYTES: libc::c_int = 4 << 20;

/// glibc raises both limits by itself to what was ever freed: after the first job, every long buffer would be cut from heaps,
/// one for each thread, that are never returned, and an idle agent would stay as large as it ever was. See
/// `docs/decisions/0007`.
pub fn return_what_is_freed() {
    #[cfg(target_env = "gnu")]
    // SAFETY: the call takes plain numbers, and no other thread runs yet.
    unsafe {
        // Refused, it changes nothing: the process only stays larger.
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_FROM_BYTES);
        libc::mallopt(libc::M_TRIM_THRESHOLD, TRIMMED_BEYOND_BYTES);
    }
}

/// What is free in the heaps of threads goes back, too: those that worked on a job are gone, and their heaps stay.
pub fn return_what_is_free() {
    #[cfg(target_env = "gnu")]
    // SAFETY: the call takes a plain number, and locks the heaps itself.
    unsafe {
        libc::malloc_trim(0);
    }
}
