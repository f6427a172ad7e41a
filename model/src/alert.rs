//! What asks for a person, and stays so until it is over.

use crate::word::words;

words! {
    /// What an alert is about.
    AlertKind("alert kind") {
        /// A server's processor was busy for too long.
        Cpu = "cpu",
        /// A server's memory was nearly used up for too long.
        Memory = "memory",
        /// A file system of a server is nearly full.
        Disk = "disk",
        /// A file system of a server will be full soon if it goes on so.
        DiskFullSoon = "disk_full_soon",
    }

    /// What kind of thing an alert is about.
    AlertSubject("alert subject") {
        Server = "server",
    }
}
