//! Interop: Rempart beside restic and rustic in one repository, each as its real program.
//!
//! - **Owns**: what each tool can keep of a tree ([`aspects`]); the tests are in `tests/`.
//! - **May use**: the test support, and the programs it starts.
//! - **Must not know**: anything inside the engine.
//! - **Invariants**: nothing that Rempart wrote is excused by a limit of the tool that reads it, save what that tool is
//!   known to drop of its own snapshots too.

use rempart_tests_support::{Tool, tree};

/// What a tool keeps when it backs up and restores. Each "no" was seen in the tool's own round trip, without us.
pub fn aspects(tool: Tool) -> tree::Aspects {
    match tool {
        Tool::Rempart => tree::ALL,
        // Sockets are passed over, by backup and restore alike.
        Tool::Restic | Tool::OldRestic => tree::Aspects { sockets: false, ..tree::ALL },
        // The folders that lead to what was backed up, itself included, are stored without metadata.
        Tool::Rustic => tree::Aspects { top: false, ..tree::ALL },
    }
}

/// What survives when one tool writes and another restores.
pub fn both(writer: Tool, reader: Tool) -> tree::Aspects {
    let (a, b) = (aspects(writer), aspects(reader));
    tree::Aspects {
        // Only a writer leaves out the top; only rustic as a reader takes no mode for an unknown one.
        top: a.top,
        mode_zero: reader != Tool::Rustic,
        sockets: a.sockets && b.sockets,
        hard_links: a.hard_links && b.hard_links,
        xattrs: a.xattrs && b.xattrs,
        device_numbers: a.device_numbers && b.device_numbers,
    }
}
