//! Every bound of the protocol in one place. A peer that goes over one is refused.

/// A text message of the handshake or the control channel, in bytes.
pub const CONTROL_MESSAGE_BYTES: usize = 1 << 20;

/// A sentence for people, in bytes of UTF-8; longer ones are cut by who writes them.
pub const SENTENCE_BYTES: usize = 4096;

/// A short name: a program's version, a code.
pub const NAME_BYTES: usize = 128;

/// Jobs that one agent may hold at a time, running or with a result that is not taken yet.
pub const JOBS_PER_AGENT: usize = 256;

/// A job's payload, or the details of its result, in bytes of JSON. Half a message, so that the rest always fits.
pub const JOB_DETAILS_BYTES: usize = CONTROL_MESSAGE_BYTES / 2;

/// Questions of a server without an answer, on one control channel.
pub const ASKED_AT_A_TIME: usize = 32;

/// Addresses that an agent tells of its machine.
pub const ADDRESSES_TOLD: usize = 32;

/// A path in a message, in bytes of text: the kernel's longest, each byte in percent code.
pub const PATH_TEXT_BYTES: usize = 3 * 4096;

/// Entries in a page of a folder.
pub const ENTRIES_PER_PAGE: u32 = 1000;

/// Ended leases whose numbers an agent remembers, so that a late offer of one is not run again.
pub const REMEMBERED_LEASES: usize = 1024;

/// The body of one item of a data session. Longer blobs travel in pieces.
pub const ITEM_BODY_BYTES: usize = 2 << 20;

/// What an item costs beside its body, so that credit bounds their number too.
pub const ITEM_COST_BYTES: u64 = 64;

/// Items that may be under way without an acknowledgement.
pub const ITEMS_IN_FLIGHT: u64 = 4096;

/// How much a receiver lets a sender be ahead of it by default. Twice what a connection of 1 Gbit/s and 60 ms holds.
pub const WINDOW_BYTES: u64 = 16 << 20;

/// The least window with which a session cannot stand still: see `Inbox::acknowledgement_is_due`.
pub const SMALLEST_WINDOW_BYTES: u64 = 2 * (ITEM_BODY_BYTES as u64 + ITEM_COST_BYTES);

/// Connections of one session at a time.
pub const CONNECTIONS_PER_SESSION: usize = 16;

/// Connections that one session may use up, one after the other: a link that is cut every minute lasts a month.
pub const CONNECTIONS_IN_ALL: usize = 1 << 16;

/// Ids in one question or request.
pub const IDS_PER_QUESTION: usize = 4096;

/// Questions without an answer, or requests without their blobs.
pub const OPEN_QUESTIONS: usize = 64;

/// Index files of a repository that an agent is told of, in an order or at a commit: half a megabyte of JSON at most. A
/// larger repository's agents ask for each chunk that their change cache names.
pub const INDEXES_TOLD: usize = 4096;

/// Blobs that were declared wanted and have not arrived.
pub const OWED_BLOBS: usize = 1 << 18;

/// A blob as it travels (compressed). Listings of directories with millions of entries are this long.
pub const BLOB_BYTES: usize = 256 << 20;

/// A snapshot's description.
pub const SNAPSHOT_BYTES: usize = 1 << 20;

/// Head of an item's frame: type, number of the frame, sequence number, order.
pub const ITEM_HEAD_BYTES: usize = 1 + 8 + 8 + 1;

/// A whole frame: an item, or an opening that lists what was received out of order.
pub const FRAME_BYTES: usize = ITEM_BODY_BYTES + ITEM_HEAD_BYTES;

/// How often the pace of one job may change: every quarter of an hour for ten days.
pub const PACE_STEPS: usize = 960;
