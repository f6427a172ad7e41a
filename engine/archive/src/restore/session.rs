//! One run of a restore: what its threads share, and how it begins and ends.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashSet};
use parking_lot::Mutex;
use rempart_repository::BlobSource;
use rustix::fs::{Mode, OFlags};
use std::hash::BuildHasher;

use super::attributes::Handle;
use super::directory::{Dir, Directories, Entered};
use super::execute::run_window;
use super::identity::{Identity, Owners};
use super::options::{Overwrite, RestoreOptions, RunMode};
use super::plan::Planner;
use super::report::{Action, Cause, Reporter, RestoreError, RestoreObserver, RestoreReport};
use super::verify::verify_target;
use super::window::Window;
use crate::browse::Place;
use crate::cancel::CancelToken;

pub(super) struct Session<'a> {
    pub(super) source: &'a dyn BlobSource,
    pub(super) options: &'a RestoreOptions,
    pub(super) cancel: &'a CancelToken,
    pub(super) reporter: Reporter<'a>,
    pub(super) identity: Identity,
    pub(super) owners: Owners,
    pub(super) directories: Directories,
    threads: usize,
    /// Hashes of the paths that a second look passes over: kept by the policy, or reported already.
    passed_over: Mutex<HashSet<u64>>,
    hasher: DefaultHashBuilder,
}

/// Restores a place of a snapshot into `target`, which is made where it is not there: the entries of a directory
/// straight into it, a single file under its name. Fails only where nothing can be begun; all else is in the report.
pub fn restore(
    source: &dyn BlobSource,
    place: &Place,
    target: &Path,
    options: &RestoreOptions,
    observer: &dyn RestoreObserver,
    cancel: &CancelToken,
) -> Result<RestoreReport, RestoreError> {
    let session = Session::new(source, options, observer, cancel);
    let root = session.open_target(target)?;
    let (windows, full_windows) = crossbeam_channel::bounded::<Window>(1);
    std::thread::scope(|scope| {
        let session = &session;
        std::thread::Builder::new()
            .name("restore-files".to_owned())
            .spawn_scoped(scope, move || {
                for window in full_windows {
                    run_window(session, window);
                }
            })
            .map_err(RestoreError::Thread)?;
        Planner::new(session, root, windows).run(place);
        Ok(())
    })?;
    if options.verify && session.executes() && !cancel.is_canceled() {
        verify_target(&session, place, target)?;
    }
    Ok(session.reporter.finish(cancel.is_canceled()))
}

impl<'a> Session<'a> {
    pub(super) fn new(
        source: &'a dyn BlobSource,
        options: &'a RestoreOptions,
        observer: &'a dyn RestoreObserver,
        cancel: &'a CancelToken,
    ) -> Self {
        Self {
            source,
            options,
            cancel,
            reporter: Reporter::new(observer),
            identity: Identity::of_process(),
            owners: Owners::new(options.ownership),
            directories: Directories::new(),
            threads: std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 8),
            passed_over: Mutex::default(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    pub(super) fn executes(&self) -> bool {
        self.options.mode == RunMode::Execute
    }

    /// Opens the target. Links in the path that the user gave are followed; none below it is.
    fn open_target(&self, target: &Path) -> Result<Arc<Dir>, RestoreError> {
        let refuse = |source| RestoreError::Target { target: target.to_owned(), source };
        if self.options.delete
            && self.options.filter.is_empty()
            && target.canonicalize().is_ok_and(|path| path == Path::new("/"))
        {
            return Err(RestoreError::DeleteInRoot { target: target.to_owned() });
        }
        let mut entered = Entered::default();
        if self.executes() && !target.exists() {
            std::fs::create_dir_all(target).map_err(refuse)?;
        }
        match open_root(target) {
            Ok(handle) => {
                let stat = rustix::fs::fstat(&handle).map_err(|error| refuse(error.into()))?;
                (entered.gid_of_new, entered.gives_acl) = self.what_new_entries_get(&handle, &stat, false);
                entered.handle = Some(handle);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.executes() => entered.imagined = true,
            Err(error) => return Err(refuse(error)),
        }
        Ok(self.directories.root(entered))
    }

    /// The group that new entries of a directory get, where that is certain, and whether they inherit an access list.
    pub(super) fn what_new_entries_get(
        &self,
        handle: &OwnedFd,
        stat: &rustix::fs::Stat,
        no_default_acl: bool,
    ) -> (Option<u32>, bool) {
        // Ours or the directory's, by its set-group-id bit and the mount's options.
        let certain = stat.st_mode & 0o2000 != 0 || stat.st_gid == self.identity.gid;
        let gives_acl = !no_default_acl
            && rustix::fs::fgetxattr(handle, c"system.posix_acl_default", &mut [0_u8; 0][..]).is_ok_and(|len| len > 0);
        (certain.then_some(stat.st_gid), gives_acl)
    }

    /// Something that a directory waited for is done; a directory that waits for nothing more gets its attributes, and
    /// is itself something its parent waited for.
    pub(super) fn one_is_done(&self, dir: &Arc<Dir>) {
        let mut dir = dir;
        while dir.one_is_done() {
            self.finish_directory(dir);
            let Some(parent) = dir.parent() else { return };
            dir = parent;
        }
    }

    fn finish_directory(&self, dir: &Arc<Dir>) {
        use std::os::fd::AsFd;
        let Some(end) = &dir.end else { return };
        let mut action = end.action;
        if self.executes() && !self.cancel.is_canceled() {
            match self.directories.open(dir) {
                Ok(handle) => {
                    let touched = !dir.made
                        && rustix::fs::fstat(&handle).is_ok_and(|stat| !end.attributes.equal_in(&stat, false));
                    if dir.made || touched || action != Action::Unchanged {
                        let mut problem = self.problems_of(|| dir.path());
                        end.attributes.apply(Handle::Fd(handle.as_fd()), end.known, &self.identity, &mut problem);
                    }
                }
                Err(error) => {
                    self.reporter.problem(dir.path(), "set the attributes of", Cause::Io(error));
                    action = Action::Keep;
                }
            }
        }
        self.directories.close(dir);
        self.reporter.entry(|| dir.path(), Some(rempart_format::NodeKind::Dir), action, 0);
    }

    /// Reports what could not be set of one entry.
    pub(super) fn problems_of(&self, path: impl Fn() -> Vec<u8>) -> impl FnMut(&'static str, io::Error) {
        move |doing, error| self.reporter.problem(path(), doing, Cause::Io(error))
    }

    /// Reports a file whose content is not right, so that no second look reports it again.
    pub(super) fn problem_of_file(&self, path: Vec<u8>, doing: &'static str, cause: Cause) {
        self.pass_over(&path);
        self.reporter.problem(path, doing, cause);
    }

    /// An entry that stays as it is.
    pub(super) fn keep(&self, path: &[u8], kind: rempart_format::NodeKind) {
        self.pass_over(path);
        self.reporter.entry(|| path.to_vec(), Some(kind), Action::Keep, 0);
    }

    fn pass_over(&self, path: &[u8]) {
        if self.options.verify {
            self.passed_over.lock().insert(self.hasher.hash_one(path));
        }
    }

    pub(super) fn is_passed_over(&self, path: &[u8]) -> bool {
        let passed_over = self.passed_over.lock();
        !passed_over.is_empty() && passed_over.contains(&self.hasher.hash_one(path))
    }

    /// Runs `work` on as many threads as pay for that many items. Who cannot have a thread works alone.
    pub(super) fn in_parallel(&self, items: usize, work: impl Fn() + Sync) {
        const WORTH_A_THREAD: usize = 16;
        let helpers = (self.threads - 1).min(items / WORTH_A_THREAD);
        std::thread::scope(|scope| {
            for _ in 0..helpers {
                let _ = std::thread::Builder::new().name("restore-helper".to_owned()).spawn_scoped(scope, &work);
            }
            work();
        });
    }

    pub(super) fn overwrite(&self) -> Overwrite {
        self.options.overwrite
    }
}

pub(super) fn open_root(target: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(target, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}
