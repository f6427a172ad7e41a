//! One interface to the four tools of the matrix.

use std::path::PathBuf;

use crate::place::Place;
use crate::program::{Program, Ran};

/// A tool that reads and writes restic repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Rempart,
    /// The distribution's package, an older one.
    OldRestic,
    /// The newest that could be had.
    Restic,
    Rustic,
}

impl Tool {
    pub fn name(self) -> &'static str {
        match self {
            Self::Rempart => "rempart",
            Self::OldRestic => "restic-distribution",
            Self::Restic => "restic",
            Self::Rustic => "rustic",
        }
    }

    /// The program, set up for the repository, the password and the caches of a place.
    pub fn on(self, place: &Place) -> Program {
        let (program, prefix) = match self {
            Self::Rempart => (Program::rempart(), "REMPART"),
            Self::OldRestic | Self::Restic => (Program::peer(self.name()), "RESTIC"),
            Self::Rustic => (Program::peer(self.name()).env("RUSTIC_NO_PROGRESS", "true"), "RUSTIC"),
        };
        program
            .env(&format!("{prefix}_REPOSITORY"), place.repository())
            .env(&format!("{prefix}_PASSWORD_FILE"), place.password_file())
            .env(&format!("{prefix}_CACHE_DIR"), place.cache().join(self.name()))
            .env("HOME", place.path())
    }

    pub fn init(self, place: &Place) -> Ran {
        let program = self.on(place).arg("init");
        match self {
            // Version 1 was still its default.
            Self::OldRestic => program.args(["--repository-version", "2"]).succeed(),
            _ => program.succeed(),
        }
    }

    /// Backs up the source; fails the test unless everything was read.
    pub fn backup(self, place: &Place, options: &[&str]) -> Ran {
        self.on(place).arg("backup").args(options).arg(place.source()).succeed()
    }

    /// Restores a snapshot into a new folder of the place; returns where the source's copy lies.
    pub fn restore(self, place: &Place, snapshot: &str, into: &str) -> PathBuf {
        let target = place.path().join(into);
        let program = self.on(place).args(["restore", snapshot]);
        match self {
            Self::Rustic => program.arg(&target).succeed(),
            _ => program.arg("--target").arg(&target).succeed(),
        };
        let source = place.source();
        target.join(source.strip_prefix("/").expect("an absolute path"))
    }

    /// Checks everything, all data included; fails the test on any finding.
    pub fn check(self, place: &Place) -> Ran {
        let ran = self.on(place).args(["check", "--read-data"]).succeed();
        // rustic ends with 0 after some findings.
        let complaint = format!("{}{}", ran.stdout, ran.stderr).lines().any(|line| line.contains("[ERROR]"));
        assert!(!complaint, "{} finds errors: {ran}", self.name());
        ran
    }

    /// Keeps the newest snapshot alone, and frees the space of the others at once.
    pub fn keep_last_alone(self, place: &Place) -> Ran {
        let program = self.on(place).args(["forget", "--keep-last", "1", "--prune"]);
        match self {
            Self::Rempart => program.args(["--max-unused", "0"]).succeed(),
            Self::OldRestic | Self::Restic => program.args(["--max-unused", "0"]).succeed(),
            Self::Rustic => program.args(["--max-unused", "0%", "--instant-delete"]).succeed(),
        }
    }

    /// The ids of all snapshots, as the files say: independent of any tool.
    pub fn snapshot_ids(place: &Place) -> Vec<String> {
        let listing = std::fs::read_dir(place.repository().join("snapshots")).expect("list snapshots/");
        let names = listing.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        // What a killed writer left under a temporary name is no snapshot.
        let mut ids: Vec<String> = names.filter(|name| name.len() == 64).collect();
        ids.sort();
        ids
    }
}
