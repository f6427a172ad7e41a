//! The damage matrix: every way of harming a file × every kind of file. Each is noticed by open or check in words that
//! name the file, nothing panics, and where a repair is possible it ends in a repository that check accepts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rempart_repository::{CheckOptions, NoObserver, OpenOptions, ReadData, Repository};
use rempart_storage::LocalStore;

use crate::lab::{Files, Lab, PASSWORD, backup, joined, read, some_files};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Harm {
    Delete,
    Empty,
    CutInHalf,
    CutLastByte,
    FlipFirst,
    FlipMiddle,
    FlipLast,
    Append,
    ReplaceByNoise,
}

const HARMS: [Harm; 9] = [
    Harm::Delete,
    Harm::Empty,
    Harm::CutInHalf,
    Harm::CutLastByte,
    Harm::FlipFirst,
    Harm::FlipMiddle,
    Harm::FlipLast,
    Harm::Append,
    Harm::ReplaceByNoise,
];

fn harm(path: &Path, harm: Harm) {
    let mut bytes = std::fs::read(path).unwrap();
    let len = bytes.len();
    match harm {
        Harm::Delete => return std::fs::remove_file(path).unwrap(),
        Harm::Empty => bytes.clear(),
        Harm::CutInHalf => bytes.truncate(len / 2),
        Harm::CutLastByte => bytes.truncate(len - 1),
        Harm::FlipFirst => bytes[0] ^= 1,
        Harm::FlipMiddle => bytes[len / 2] ^= 1,
        Harm::FlipLast => bytes[len - 1] ^= 1,
        Harm::Append => bytes.push(0),
        Harm::ReplaceByNoise => bytes = crate::lab::noise(99, len),
    }
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn open(path: PathBuf) -> rempart_repository::Result<Repository> {
    Repository::open(Arc::new(LocalStore::new(path)), PASSWORD, OpenOptions::default())
}

/// Two snapshots: the first's data in packs of its own.
fn lab() -> (Lab, Files) {
    let lab = Lab::new();
    let files = some_files(1, 12, 40_000);
    lab.backup(&files);
    lab.backup(&some_files(2, 6, 40_000));
    (lab, files)
}

#[test]
fn every_harm_to_every_kind_of_file_is_noticed() {
    for folder in ["config", "keys", "index", "snapshots", "data"] {
        for kind in HARMS {
            let (lab, _) = lab();
            let place = format!("{kind:?} in {folder}");
            let victims = lab.objects(folder);
            harm(&victims[victims.len() / 2], kind);
            let noticed = match open(lab.path()) {
                Err(error) => error.to_string(),
                Ok(repository) => {
                    let options = CheckOptions { read_data: ReadData::All };
                    match repository.check(&options, &NoObserver) {
                        Err(error) => error.to_string(),
                        Ok(report) if folder == "snapshots" && kind == Harm::Delete => {
                            assert!(!report.is_damaged(), "{place}: that is a forget");
                            continue;
                        }
                        Ok(report) => {
                            assert!(report.is_damaged(), "{place} was not noticed: {:?}", report.problems);
                            let problem = &report.problems[0];
                            assert!(!problem.advice().is_empty());
                            problem.to_string()
                        }
                    }
                }
            };
            let named =
                folder == "config" || folder == "keys" || noticed.chars().filter(char::is_ascii_hexdigit).count() >= 64;
            assert!(named, "{place}: the message does not name the file: {noticed}");
        }
    }
}

#[test]
fn an_index_is_rebuilt_from_the_packs() {
    for kind in HARMS {
        let (lab, files) = lab();
        let indexes = lab.objects("index");
        harm(&indexes[0], kind);
        let repository = open(lab.path()).unwrap();
        let plan = repository.plan_index_repair(false, &NoObserver).unwrap();
        assert!(!plan.is_empty(), "{kind:?}: nothing to repair?");
        repository.repair_index(&lab.exclusive(), &plan, &NoObserver).unwrap();
        let report = lab.check();
        assert!(report.problems.is_empty(), "{kind:?}: {:?}", report.problems);
        let first = lab.repository.snapshots().unwrap()[0].id;
        assert_eq!(read(&lab.reopened(), first).unwrap(), joined(&files), "{kind:?}");
    }
}

#[test]
fn every_index_lost_is_every_index_rebuilt() {
    let (lab, _) = lab();
    lab.objects("index").iter().for_each(|path| std::fs::remove_file(path).unwrap());
    let repository = open(lab.path()).unwrap();
    let plan = repository.plan_index_repair(true, &NoObserver).unwrap();
    repository.repair_index(&lab.exclusive(), &plan, &NoObserver).unwrap();
    lab.assert_sound("after the repair");
}

/// Repair of the index, then of packs; a new backup of the source; repair of the snapshots that still miss something.
#[test]
fn a_pack_harmed_in_any_way_is_overcome_by_a_new_backup() {
    for kind in HARMS {
        let (lab, files) = lab();
        let packs = lab.objects("data");
        for victim in [&packs[0], packs.last().unwrap()] {
            harm(victim, kind);
        }
        let repository = open(lab.path()).unwrap();
        let damaged: Vec<_> = packs
            .iter()
            .filter(|path| path.exists())
            .map(|path| path.file_name().unwrap().to_str().unwrap().parse().unwrap())
            .filter(|pack| {
                [&packs[0], packs.last().unwrap()].iter().any(|p| p.to_string_lossy().ends_with(&format!("{pack}")))
            })
            .collect();
        let exclusive = lab.exclusive();
        let plan = repository.plan_index_repair(false, &NoObserver).unwrap();
        repository.repair_index(&exclusive, &plan, &NoObserver).unwrap();
        open(lab.path()).unwrap().repair_packs(&exclusive, &damaged, &NoObserver).unwrap();
        drop(exclusive);

        let fresh = backup(&open(lab.path()).unwrap(), &files);
        let repository = open(lab.path()).unwrap();
        assert_eq!(read(&repository, fresh).unwrap(), joined(&files), "{kind:?}: the new backup is whole");
        let exclusive = lab.exclusive();
        let all = repository.snapshots().unwrap();
        let repairs = repository
            .repair_snapshots(&exclusive, &all, Some(&repair_writer(&repository, &exclusive)), &NoObserver)
            .unwrap();
        let originals: Vec<_> = repairs.iter().map(|repair| repair.original).collect();
        repository.remove_snapshots(&exclusive, &originals).unwrap();
        drop(exclusive);
        let report = lab.check();
        assert!(!report.is_damaged(), "{kind:?}: {:?}", report.problems);
        assert_eq!(read(&lab.reopened(), fresh).unwrap(), joined(&files), "{kind:?}");
    }
}

fn repair_writer(
    repository: &Repository,
    exclusive: &Arc<rempart_repository::LockGuard>,
) -> rempart_repository::Writer {
    let lock = rempart_repository::WriterLock::Held(exclusive.clone());
    repository.writer(lock, rempart_repository::WriterOptions::default()).unwrap()
}

#[test]
fn a_file_that_lost_chunks_keeps_the_rest_and_is_named() {
    let lab = Lab::new();
    let mut files = some_files(1, 2, 30_000);
    let id = lab.backup(&files);
    // A second snapshot adds chunks in packs of its own, which are then lost.
    let whole = files["file-0000"][0].clone();
    files.insert("file-0000".to_owned(), vec![whole.clone(), crate::lab::noise(77, 50_000)]);
    let before = lab.objects("data");
    let damaged = lab.backup(&files);
    let data_pack = lab
        .objects("data")
        .into_iter()
        .filter(|path| !before.contains(path))
        .max_by_key(|path| path.metadata().unwrap().len())
        .unwrap();
    std::fs::remove_file(data_pack).unwrap();
    let repository = open(lab.path()).unwrap();
    let exclusive = lab.exclusive();
    let plan = repository.plan_index_repair(false, &NoObserver).unwrap();
    repository.repair_index(&exclusive, &plan, &NoObserver).unwrap();

    let repository = open(lab.path()).unwrap();
    let all = repository.snapshots().unwrap();
    let sink = repair_writer(&repository, &exclusive);
    let repairs = repository.repair_snapshots(&exclusive, &all, Some(&sink), &NoObserver).unwrap();
    assert_eq!(repairs.len(), 1, "only one snapshot is damaged: {repairs:?}");
    assert_eq!((repairs[0].original, &repairs[0].lost[..]), (damaged, &[b"/files/file-0000".to_vec()][..]));
    let repaired = repairs[0].repaired.unwrap();
    assert_eq!(read(&repository, repaired).unwrap()["file-0000"], whole);
    let stored = repository.snapshot(repaired).unwrap().snapshot;
    assert_eq!((stored.original, &stored.tags[..]), (Some(damaged), &["repaired".to_owned()][..]));
    assert!(read(&repository, id).is_ok());
}
