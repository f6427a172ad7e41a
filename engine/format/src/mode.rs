//! Modes of files: Unix `st_mode` and Go's os.FileMode, which restic stores.

use crate::NodeKind;

/// Go's os.FileMode bits: nine permission bits where Unix has them, everything else elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GoMode(pub u32);

impl GoMode {
    pub const DIR: u32 = 1 << 31;
    pub const APPEND: u32 = 1 << 30;
    pub const EXCLUSIVE: u32 = 1 << 29;
    pub const TEMPORARY: u32 = 1 << 28;
    pub const SYMLINK: u32 = 1 << 27;
    pub const DEVICE: u32 = 1 << 26;
    pub const NAMED_PIPE: u32 = 1 << 25;
    pub const SOCKET: u32 = 1 << 24;
    pub const SETUID: u32 = 1 << 23;
    pub const SETGID: u32 = 1 << 22;
    pub const CHAR_DEVICE: u32 = 1 << 21;
    pub const STICKY: u32 = 1 << 20;
    pub const IRREGULAR: u32 = 1 << 19;
    pub const PERMISSIONS: u32 = 0o777;

    /// From the `st_mode` that stat yields.
    #[must_use]
    pub const fn from_unix(st_mode: u32) -> Self {
        let mut mode = st_mode & Self::PERMISSIONS;
        mode |= match st_mode & unix::TYPE {
            unix::DIR => Self::DIR,
            unix::SYMLINK => Self::SYMLINK,
            unix::BLOCK => Self::DEVICE,
            unix::CHAR => Self::DEVICE | Self::CHAR_DEVICE,
            unix::FIFO => Self::NAMED_PIPE,
            unix::SOCKET => Self::SOCKET,
            _ => 0,
        };
        if st_mode & unix::SETUID != 0 {
            mode |= Self::SETUID;
        }
        if st_mode & unix::SETGID != 0 {
            mode |= Self::SETGID;
        }
        if st_mode & unix::STICKY != 0 {
            mode |= Self::STICKY;
        }
        Self(mode)
    }

    /// What chmod takes: permissions with setuid, setgid and sticky.
    #[must_use]
    pub const fn to_unix_permissions(self) -> u32 {
        let mut mode = self.0 & Self::PERMISSIONS;
        if self.0 & Self::SETUID != 0 {
            mode |= unix::SETUID;
        }
        if self.0 & Self::SETGID != 0 {
            mode |= unix::SETGID;
        }
        if self.0 & Self::STICKY != 0 {
            mode |= unix::STICKY;
        }
        mode
    }

    /// What mknod takes and stat yields: type and permissions.
    #[must_use]
    pub const fn to_unix(self) -> u32 {
        let kind = if self.0 & Self::DIR != 0 {
            unix::DIR
        } else if self.0 & Self::SYMLINK != 0 {
            unix::SYMLINK
        } else if self.0 & Self::CHAR_DEVICE != 0 {
            unix::CHAR
        } else if self.0 & Self::DEVICE != 0 {
            unix::BLOCK
        } else if self.0 & Self::NAMED_PIPE != 0 {
            unix::FIFO
        } else if self.0 & Self::SOCKET != 0 {
            unix::SOCKET
        } else {
            unix::FILE
        };
        kind | self.to_unix_permissions()
    }
}

impl NodeKind {
    /// The kind of a file with this `st_mode`; [`NodeKind::Other`] for types that Linux does not have.
    #[must_use]
    pub const fn from_unix(st_mode: u32) -> Self {
        match st_mode & unix::TYPE {
            unix::FILE => Self::File,
            unix::DIR => Self::Dir,
            unix::SYMLINK => Self::Symlink,
            unix::BLOCK => Self::Dev,
            unix::CHAR => Self::CharDev,
            unix::FIFO => Self::Fifo,
            unix::SOCKET => Self::Socket,
            _ => Self::Other,
        }
    }
}

/// `st_mode` as every Unix lays it out. Source: POSIX <sys/stat.h>, values of Linux.
mod unix {
    pub const TYPE: u32 = 0o170_000;
    pub const SOCKET: u32 = 0o140_000;
    pub const SYMLINK: u32 = 0o120_000;
    pub const FILE: u32 = 0o100_000;
    pub const BLOCK: u32 = 0o060_000;
    pub const DIR: u32 = 0o040_000;
    pub const CHAR: u32 = 0o020_000;
    pub const FIFO: u32 = 0o010_000;
    pub const SETUID: u32 = 0o4000;
    pub const SETGID: u32 = 0o2000;
    pub const STICKY: u32 = 0o1000;
}
