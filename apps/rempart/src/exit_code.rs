//! Exit codes: one per class of outcome, in one table. `--help`, the man page and `docs/cli.md` print this table.

/// How the process ends. The number is part of the interface: scripts rely on it, so it never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitCode {
    Success,
    Failure,
    Usage,
    BackupIncomplete,
    NoRepository,
    Locked,
    WrongPassword,
    Damaged,
    RestoreIncomplete,
    Unreachable,
    StorageFull,
    NewerFormat,
    Refused,
    NotFound,
    CommandFailed,
    Bug,
    Canceled,
    OutputClosed,
}

/// One row of the table.
pub struct Row {
    pub code: ExitCode,
    pub number: u8,
    pub meaning: &'static str,
}

const fn row(code: ExitCode, number: u8, meaning: &'static str) -> Row {
    Row { code, number, meaning }
}

/// Every code there is. 0, 1, 3, 10, 11, 12 and 130 mean what they mean in restic.
pub const TABLE: &[Row] = &[
    row(ExitCode::Success, 0, "done, nothing left out"),
    row(ExitCode::Failure, 1, "failed for a reason that has no code of its own"),
    row(ExitCode::Usage, 2, "the command line is wrong; nothing was done"),
    row(ExitCode::BackupIncomplete, 3, "backup: a snapshot was stored, but some files could not be read"),
    row(ExitCode::NoRepository, 10, "there is no repository at this place"),
    row(ExitCode::Locked, 11, "the repository is locked by another process"),
    row(ExitCode::WrongPassword, 12, "the password opens no key of this repository"),
    row(ExitCode::Damaged, 20, "the repository is damaged: something in it is missing or not as it was written"),
    row(ExitCode::RestoreIncomplete, 21, "restore: some files could not be restored as they were"),
    row(ExitCode::Unreachable, 22, "the storage could not be reached"),
    row(ExitCode::StorageFull, 23, "there is no space left where something was to be written"),
    row(ExitCode::NewerFormat, 24, "the repository's format is not one this version can use"),
    row(ExitCode::Refused, 25, "access was denied, or the place is read-only"),
    row(ExitCode::NotFound, 26, "no such snapshot, path, key or object in the repository"),
    row(ExitCode::CommandFailed, 27, "the command that was to deliver the data or the password failed"),
    row(ExitCode::Bug, 70, "a bug in rempart; please report it"),
    row(ExitCode::Canceled, 130, "stopped by Ctrl-C or a signal"),
    row(ExitCode::OutputClosed, 141, "the reader of the output went away (as in `rempart ls latest | head`)"),
];

impl ExitCode {
    #[must_use]
    pub fn number(self) -> u8 {
        self.row().number
    }

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.code == self).unwrap_or(&TABLE[1])
    }
}

/// The table as indented text, for `--help` and the man page.
#[must_use]
pub fn as_text() -> String {
    let mut text = String::from("Exit codes:\n");
    for row in TABLE {
        text.push_str(&format!("  {:>3}  {}\n", row.number, row.meaning));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_in_the_table_under_its_own_number() {
        for (position, row) in TABLE.iter().enumerate() {
            for other in &TABLE[position + 1..] {
                assert_ne!(row.number, other.number, "{:?} and {:?} share a number", row.code, other.code);
                assert_ne!(row.code, other.code, "{:?} stands twice", row.code);
            }
            assert_eq!(row.code.number(), row.number, "{:?} is not found in its own row", row.code);
        }
    }
}
