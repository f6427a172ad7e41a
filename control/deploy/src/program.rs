//! The agent's programs that this server has to give: one for each kind of processor.

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::offered::{Offered, digits};
use crate::{DeployError, Machine};

/// A version of the GNU C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glibc {
    pub major: u32,
    pub minor: u32,
}

impl Glibc {
    /// `2.17`; what follows (`2.17.1`, `2.36-9`) does not count.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (major, rest) = text.split_once('.')?;
        let minor: &str = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A program, read.
#[derive(Debug, Clone)]
pub struct Program {
    pub path: PathBuf,
    pub bytes: Bytes,
    /// Hexadecimal digits.
    pub sha256: String,
    /// The newest symbols that it asks for; none where it is linked statically.
    pub needs: Option<Glibc>,
}

/// Where programs are looked for, in this order.
#[derive(Debug, Clone)]
pub struct Programs {
    folders: Vec<PathBuf>,
    /// One for this machine's own processor.
    beside: Option<PathBuf>,
    offered: Offered,
}

/// ELF's `e_machine` (System V ABI), little-endian programs only, by the kernel's names.
const MACHINES: [(&str, u16); 6] =
    [("x86_64", 62), ("aarch64", 183), ("armv7l", 40), ("i686", 3), ("riscv64", 243), ("ppc64le", 21)];

impl Programs {
    /// Each holds files such as `rempart-agent-x86_64`.
    #[must_use]
    pub fn in_folders(folders: Vec<PathBuf>) -> Self {
        Self { folders, beside: None, offered: Offered::default() }
    }

    /// `agents` in the server's data folder, `agents` beside its program, then `rempart-agent` beside it, which is what a
    /// build leaves there.
    #[must_use]
    pub fn of_server(data: &Path) -> Self {
        let mut folders = vec![data.join("agents")];
        let own = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_path_buf));
        folders.extend(own.iter().map(|folder| folder.join("agents")));
        Self { folders, beside: own.map(|folder| folder.join("rempart-agent")), offered: Offered::default() }
    }

    /// The first that is for this machine.
    pub fn find(&self, machine: &Machine) -> Result<Program, DeployError> {
        let arch = &machine.arch;
        let Some((path, number)) = self.place(arch) else {
            let folders: Vec<String> = self.folders.iter().map(|folder| folder.display().to_string()).collect();
            return Err(DeployError::NoProgram { arch: arch.clone(), folders: folders.join(", ") });
        };
        let program = Program::read(path, number)?;
        match program.needs {
            Some(needed) if machine.glibc.is_none_or(|found| found < needed) => {
                Err(DeployError::Libc { needed, found: machine.libc.clone() })
            }
            _ => Ok(program),
        }
    }

    /// SHA-256 of what [`Self::find`] would give a machine of this kind, in hexadecimal digits. Read once: again only where the
    /// file is another.
    #[must_use]
    pub fn offered_sha256(&self, arch: &str) -> Option<String> {
        self.place(arch).and_then(|(path, _)| self.offered.sha256(&path))
    }

    /// Where it lies, and the number of its processor.
    fn place(&self, arch: &str) -> Option<(PathBuf, u16)> {
        let named = format!("rempart-agent-{arch}");
        let number = MACHINES.iter().find(|(name, _)| *name == arch).map(|(_, number)| *number)?;
        let own = self.beside.iter().filter(|_| arch == std::env::consts::ARCH).cloned();
        let mut places = self.folders.iter().map(|folder| folder.join(&named)).chain(own);
        Some((places.find(|path| path.is_file())?, number))
    }
}

impl Program {
    fn read(path: PathBuf, machine: u16) -> Result<Self, DeployError> {
        let unusable = |detail: String| DeployError::Program { path: path.display().to_string(), detail };
        let bytes = std::fs::read(&path).map_err(|error| unusable(error.to_string()))?;
        if bytes.get(..4) != Some(b"\x7fELF".as_slice()) || bytes.get(5) != Some(&1) {
            return Err(unusable("it is no program for Linux".to_owned()));
        }
        let found = bytes.get(18..20).map(|at| u16::from_le_bytes([at[0], at[1]]));
        if found != Some(machine) {
            return Err(unusable("it is for another processor than its name says".to_owned()));
        }
        let sha256 = digits(&Sha256::digest(&bytes));
        let needs = newest_symbol(&bytes);
        Ok(Self { bytes: bytes.into(), sha256, needs, path })
    }
}

/// The dynamic linker refuses a program that names a version (`GLIBC_2.34`) the machine's library has not. The names stand in
/// the program as text, each ended by a zero.
fn newest_symbol(bytes: &[u8]) -> Option<Glibc> {
    const NAME: &[u8] = b"GLIBC_";
    let mut newest = None;
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.windows(NAME.len()).position(|text| text == NAME)) {
        at += found + NAME.len();
        let text = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').take(12);
        let text: String = text.map(|byte| char::from(*byte)).collect();
        if bytes.get(at + text.len()) == Some(&0) {
            newest = newest.max(Glibc::parse(&text));
        }
    }
    newest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(arch: &str, glibc: &str) -> Machine {
        let (os, libc) = ("Debian".to_owned(), format!("glibc {glibc}"));
        Machine { os, arch: arch.to_owned(), glibc: Glibc::parse(glibc), libc, systemd: 252 }
    }

    /// The head of a program, with these texts behind it.
    fn elf(number: u16, names: &str) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0".to_vec();
        bytes.extend(number.to_le_bytes());
        bytes.extend(names.as_bytes());
        bytes
    }

    #[test]
    fn the_first_program_for_the_processor_is_found_and_its_needs_are_known() {
        let place = tempfile::tempdir().unwrap();
        let (one, other) = (place.path().join("one"), place.path().join("other"));
        let programs = Programs::in_folders(vec![one.clone(), other.clone()]);
        let missing = programs.find(&machine("x86_64", "2.36"));
        assert!(matches!(missing, Err(DeployError::NoProgram { .. })), "{missing:?}");
        for folder in [&one, &other] {
            std::fs::create_dir(folder).unwrap();
        }
        std::fs::write(other.join("rempart-agent-x86_64"), elf(62, "GLIBC_2.17\0GLIBC_2.4\0")).unwrap();
        std::fs::write(other.join("rempart-agent-aarch64"), elf(62, "GLIBC_2.17\0")).unwrap();
        std::fs::write(other.join("rempart-agent-riscv64"), "#!/bin/sh").unwrap();
        let found = programs.find(&machine("x86_64", "2.17")).unwrap();
        assert_eq!((&found.path, found.needs), (&other.join("rempart-agent-x86_64"), Glibc::parse("2.17")));
        assert_eq!(found.sha256.len(), 64);
        std::fs::write(one.join("rempart-agent-x86_64"), elf(62, "GLIBC_2.34\0GLIBC_PRIVATE\0")).unwrap();
        assert_eq!(programs.find(&machine("x86_64", "2.40")).unwrap().needs, Glibc::parse("2.34"));
        for (arch, glibc) in [("x86_64", "2.33"), ("aarch64", "2.36"), ("riscv64", "2.36"), ("sparc64", "2.36")] {
            let refused = programs.find(&machine(arch, glibc));
            let is_told = match arch {
                "x86_64" => matches!(refused, Err(DeployError::Libc { .. })),
                "sparc64" => matches!(refused, Err(DeployError::NoProgram { .. })),
                _ => matches!(refused, Err(DeployError::Program { .. })),
            };
            assert!(is_told, "{arch}: {refused:?}");
        }
        // What is offered is what would be installed, also when it was replaced.
        let offered = programs.offered_sha256("x86_64");
        assert_eq!(offered, Some(programs.find(&machine("x86_64", "2.40")).unwrap().sha256));
        std::fs::write(one.join("rempart-agent-x86_64"), elf(62, "GLIBC_2.3\0")).unwrap();
        let replaced = programs.find(&machine("x86_64", "2.40")).unwrap().sha256;
        assert_eq!((programs.offered_sha256("x86_64"), programs.offered_sha256("sparc64")), (Some(replaced), None));
        let musl = Machine { glibc: None, libc: "none".to_owned(), ..machine("x86_64", "2.36") };
        assert!(matches!(programs.find(&musl), Err(DeployError::Libc { .. })));
    }

    #[test]
    fn versions_are_numbers() {
        assert!(Glibc::parse("2.9") < Glibc::parse("2.17"));
        assert_eq!(Glibc::parse("2.36-9+deb12u14"), Glibc::parse("2.36"));
        assert_eq!((Glibc::parse(""), Glibc::parse("two"), Glibc::parse("2")), (None, None, None));
    }
}
