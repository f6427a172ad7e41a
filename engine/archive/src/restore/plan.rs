//! The walk of a restore: decides what becomes of each entry, makes what is no regular file, and gathers files.

use std::ffi::CString;
use std::os::fd::AsFd;
use std::sync::Arc;

use crossbeam_channel::Sender;
use hashbrown::HashSet;
use rempart_format::{Node, NodeKind};
use rustix::fs::{FileType, Mode};
use rustix::io::Errno;

use super::attributes::{Attributes, Handle, Known};
use super::delete::{names_in, remove_all};
use super::directory::{Dir, DirectoryEnd, Entered, open_directory};
use super::entry::Place;
use super::existing::{Decision, decide, is_unfinished, kind_of, look, unfinished_mode};
use super::links::FirstNames;
use super::options::Overwrite;
use super::report::{Action, Cause};
use super::session::Session;
use super::special::{make_way, restore_special};
use super::window::{LinkEntry, Window, WindowLimit};
use crate::browse::{self, BrowseError, Event, Walk};

pub(super) struct Planner<'s, 'a> {
    session: &'s Session<'a>,
    windows: Sender<Window>,
    window: Window,
    limit: WindowLimit,
    first_names: FirstNames,
    levels: Vec<Level>,
}

/// A directory that the walk is in.
struct Level {
    state: LevelState,
    /// The name last met, to notice one that comes twice.
    last_name: Vec<u8>,
    /// Names met so far, once they turned out not to ascend.
    names: Option<HashSet<Vec<u8>>>,
    /// What the target's directory holds and the snapshot's does not, as far as is known; only where `delete` is asked.
    surplus: Option<HashSet<CString>>,
}

enum LevelState {
    /// In the target, or imagined.
    Ready(Arc<Dir>),
    /// Made when the first entry below it is.
    Waiting(Box<(CString, Node)>),
    /// It cannot be had; so nothing below it is restored.
    Lost,
}

impl<'s, 'a> Planner<'s, 'a> {
    pub(super) fn new(session: &'s Session<'a>, root: Arc<Dir>, windows: Sender<Window>) -> Self {
        let mut planner = Self {
            session,
            windows,
            window: Window::default(),
            limit: WindowLimit::new(),
            first_names: FirstNames::default(),
            levels: Vec::new(),
        };
        planner.push_level(LevelState::Ready(root));
        planner
    }

    pub(super) fn run(mut self, place: &browse::Place) {
        let mut walk = Walk::of(self.session.source, place);
        if matches!(place, browse::Place::Single { .. }) {
            // The target holds more than this one file; nothing of it is surplus.
            self.levels[0].surplus = None;
        }
        while !self.session.cancel.is_canceled() {
            match walk.next_event() {
                None => break,
                Some(Err(error)) => self.unreadable(error),
                Some(Ok(Event::Leave { depth, whole, .. })) => {
                    self.settle(depth + 1);
                    self.leave(whole);
                }
                Some(Ok(Event::Entry(entry))) => {
                    let depth = entry.depth;
                    let path = entry.path.to_vec();
                    self.settle(depth + 1);
                    let Some(node) = walk.take_node() else { continue };
                    if !self.entry(node, &path) {
                        walk.skip_subtree();
                    }
                    if self.limit.reached(&self.window) {
                        self.flush();
                    }
                }
            }
        }
        self.settle(0);
        self.flush();
    }

    fn unreadable(&mut self, error: BrowseError) {
        // A directory whose entries are not all known has no surplus.
        for level in self.levels.iter_mut().rev().take(2) {
            level.surplus = None;
        }
        let path = self.levels.last().map_or_else(Vec::new, |level| match &level.state {
            LevelState::Ready(dir) => dir.path(),
            _ => Vec::new(),
        });
        self.session.reporter.problem(path, "restore all of", Cause::Browse(Box::new(error)));
    }

    /// Leaves directories whose trees turned out to be unreadable: the walk tells no end of those.
    fn settle(&mut self, depth: usize) {
        while self.levels.len() > depth {
            self.leave(false);
        }
    }

    fn leave(&mut self, whole: bool) {
        let Some(level) = self.levels.pop() else { return };
        let LevelState::Ready(dir) = level.state else { return };
        if let Some(surplus) = level.surplus.filter(|_| whole && !self.session.cancel.is_canceled()) {
            self.delete(&dir, surplus);
        }
        self.session.one_is_done(&dir);
    }

    fn delete(&self, dir: &Arc<Dir>, surplus: HashSet<CString>) {
        let mut surplus: Vec<CString> = surplus.into_iter().collect();
        surplus.sort_unstable();
        for name in surplus {
            let place = Place { dir: dir.clone(), name };
            let path = place.path();
            if !self.session.options.filter.verdict(&path).matched {
                continue;
            }
            let reporter = &self.session.reporter;
            if !self.session.executes() {
                reporter.entry(|| path, None, Action::Delete, 0);
                continue;
            }
            let removed = self
                .session
                .directories
                .open(dir)
                .and_then(|handle| remove_all(handle.as_fd(), place.name(), &mut || {}));
            match removed {
                Ok(()) => reporter.entry(|| path, None, Action::Delete, 0),
                Err(error) => reporter.problem(path, "delete", Cause::Io(error)),
            }
        }
    }

    /// False where a directory is not to be entered.
    fn entry(&mut self, mut node: Node, path: &[u8]) -> bool {
        let Ok(name) = CString::new(node.name.as_slice()) else { return false };
        let Some(level) = self.levels.last_mut() else { return false };
        if let Some(surplus) = &mut level.surplus {
            surplus.remove(&name);
        }
        if level.meets_twice(&node.name) {
            let cause = Cause::Refused("the snapshot's directory has two entries of this name; the first was restored");
            self.session.reporter.problem(path.to_vec(), "restore", cause);
            return false;
        }
        let filter = &self.session.options.filter;
        let (selected, enter) = if filter.is_empty() {
            (true, true)
        } else {
            let verdict = filter.verdict(path);
            (verdict.matched, verdict.child_may_match)
        };
        if node.kind == NodeKind::Dir {
            return self.directory(name, node, path, selected, enter);
        }
        if selected && let Some(dir) = self.ready_directory() {
            self.place(Place { dir, name }, &mut node, path);
        }
        false
    }

    fn directory(&mut self, name: CString, node: Node, path: &[u8], selected: bool, enter: bool) -> bool {
        if !selected && !enter {
            return false;
        }
        let without_tree = node.subtree.is_none();
        if without_tree {
            let cause = Cause::Browse(Box::new(BrowseError::NoSubtree { path: browse::shown(path) }));
            self.session.reporter.problem(path.to_vec(), "restore all of", cause);
        }
        self.push_level(LevelState::Waiting(Box::new((name, node))));
        let made = !selected || self.ready_directory().is_some();
        let enter = enter && made && !without_tree;
        if !enter {
            self.settle(self.levels.len() - 1);
        }
        enter
    }

    fn push_level(&mut self, state: LevelState) {
        self.levels.push(Level { state, last_name: Vec::new(), names: None, surplus: None });
        let top = self.levels.len() - 1;
        self.look_for_surplus(top);
    }

    /// The directory that the walk is in, made with those above it where they were not needed so far.
    fn ready_directory(&mut self) -> Option<Arc<Dir>> {
        let first_waiting = self.levels.iter().rposition(|level| !matches!(level.state, LevelState::Waiting(_)))? + 1;
        for at in first_waiting..self.levels.len() {
            let LevelState::Ready(parent) = &self.levels[at - 1].state else { break };
            let parent = parent.clone();
            let LevelState::Waiting(waiting) = std::mem::replace(&mut self.levels[at].state, LevelState::Lost) else {
                break;
            };
            let (name, node) = *waiting;
            let place = Place { dir: parent, name };
            match self.make_directory(&place, node) {
                Ok(dir) => {
                    self.levels[at].state = LevelState::Ready(dir);
                    self.look_for_surplus(at);
                }
                Err((doing, cause)) => {
                    self.session.reporter.problem(place.path(), doing, cause);
                    break;
                }
            }
        }
        match &self.levels.last()?.state {
            LevelState::Ready(dir) => Some(dir.clone()),
            _ => None,
        }
    }

    fn look_for_surplus(&mut self, at: usize) {
        let LevelState::Ready(dir) = &self.levels[at].state else { return };
        if !self.session.options.delete || dir.made || dir.imagined {
            return;
        }
        match self.session.directories.open(dir).and_then(|handle| names_in(handle.as_fd())) {
            Ok(names) => self.levels[at].surplus = Some(names.into_iter().collect()),
            Err(error) => self.session.reporter.problem(dir.path(), "list", Cause::Io(error)),
        }
    }

    fn make_directory(&self, place: &Place, mut node: Node) -> Result<Arc<Dir>, (&'static str, Cause)> {
        let session = self.session;
        session.reporter.planned(1, 0);
        let attributes = Attributes::of(&mut node, &session.owners);
        let nothing_known = Known { uid: None, gid: None, mode: None, no_xattrs: false };
        let end = |attributes, known, action| Some(Box::new(DirectoryEnd { attributes, known, action }));
        let imagined = |action, attributes| Entered {
            imagined: true,
            end: end(attributes, nothing_known, action),
            ..Entered::default()
        };
        let child = |entered| Ok(session.directories.child(&place.dir, place.name.clone(), entered));
        if place.dir.imagined {
            return child(imagined(Action::Create, attributes));
        }
        let parent = session.directories.open(&place.dir).map_err(|error| ("reach", Cause::Io(error)))?;
        let there = if place.dir.made {
            None
        } else {
            look(parent.as_fd(), place.name()).map_err(|error| ("examine", Cause::Io(error)))?
        };
        let mut action = Action::Create;
        if let Some(stat) = &there {
            if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
                let describes = session.overwrite() != Overwrite::Never || is_unfinished(Overwrite::Never, stat, &node);
                return self
                    .enter_existing(place, describes.then_some(attributes), stat)
                    .map_err(|error| ("enter", Cause::Io(error)));
            }
            if decide(session.overwrite(), there.as_ref(), &node) == Decision::Keep {
                session.keep(&place.path(), kind_of(stat).unwrap_or(NodeKind::File));
                return Err(("restore", Cause::Refused("what is in its place is kept, as the overwrite policy says")));
            }
            action = Action::Replace;
            if session.executes() {
                make_way(session, place, parent.as_fd()).map_err(|cause| ("replace", cause))?;
            }
        }
        if !session.executes() {
            return child(imagined(action, attributes));
        }
        let mode = unfinished_mode(session.overwrite(), NodeKind::Dir).unwrap_or(0o700);
        match rustix::fs::mkdirat(&parent, place.name(), Mode::from_raw_mode(mode)) {
            Ok(()) => {}
            Err(Errno::EXIST) => return Err(("create", Cause::Refused("something else took its place"))),
            Err(error) => return Err(("create", Cause::Io(error.into()))),
        }
        let handle = open_directory(parent.as_fd(), place.name()).map_err(|error| ("open", Cause::Io(error)))?;
        let stat = rustix::fs::fstat(&handle).map_err(|error| ("examine", Cause::Io(error.into())))?;
        let (gid_of_new, gives_acl) = session.what_new_entries_get(&handle, &stat, !place.dir.gives_acl);
        let known = Known { mode: None, no_xattrs: !place.dir.gives_acl, ..Known::from_stat(&stat) };
        let end = end(attributes, known, action);
        child(Entered { made: true, imagined: false, gid_of_new, gives_acl, end, handle: Some(handle) })
    }

    /// Without attributes the directory is left as it is.
    fn enter_existing(
        &self,
        place: &Place,
        attributes: Option<Attributes>,
        stat: &rustix::fs::Stat,
    ) -> std::io::Result<Arc<Dir>> {
        let session = self.session;
        let parent = session.directories.open(&place.dir)?;
        let handle = open_directory(parent.as_fd(), place.name())?;
        let (gid_of_new, gives_acl) = session.what_new_entries_get(&handle, stat, false);
        if session.executes() && !session.identity.is_root() && stat.st_mode & 0o300 != 0o300 {
            // We could not work in it. Its mode is set at the end.
            let _ = rustix::fs::fchmod(&handle, Mode::from_raw_mode(stat.st_mode & 0o7777 | 0o700));
        }
        let end = attributes.map(|attributes| {
            let equal = attributes.equal_in(stat, false) && attributes.xattrs_equal(Handle::Fd(handle.as_fd()));
            let action = if equal { Action::Unchanged } else { Action::Describe };
            let known = Known { mode: None, ..Known::from_stat(stat) };
            Box::new(DirectoryEnd { attributes, known, action })
        });
        let entered = Entered { made: false, imagined: false, gid_of_new, gives_acl, end, handle: Some(handle) };
        Ok(session.directories.child(&place.dir, place.name.clone(), entered))
    }

    /// What is no directory.
    fn place(&mut self, place: Place, node: &mut Node, path: &[u8]) {
        let session = self.session;
        if node.kind == NodeKind::Other {
            let cause = Cause::Refused("its type is none that this version knows");
            return session.problem_of_file(path.to_vec(), "restore", cause);
        }
        let mut there = None;
        if !place.dir.made && !place.dir.imagined {
            match session.directories.open(&place.dir).and_then(|dir| look(dir.as_fd(), place.name())) {
                Ok(stat) => there = stat,
                Err(error) => return session.problem_of_file(path.to_vec(), "examine", Cause::Io(error)),
            }
        }
        let decision = decide(session.overwrite(), there.as_ref(), node);
        if decision == Decision::Keep {
            return session.keep(path, node.kind);
        }
        if node.kind != NodeKind::File || self.first_names.has(node) {
            session.reporter.planned(1, 0);
        }
        if let Some(first) = self.first_names.of(node) {
            let node = Box::new(std::mem::replace(node, Node::new(Vec::new(), NodeKind::Other)));
            return self.window.push_link(LinkEntry { place, first, node, decision });
        }
        self.first_names.remember(node, &place);
        if node.kind != NodeKind::File {
            return restore_special(session, &place, node, there.as_ref(), decision);
        }
        let attributes = Attributes::of(node, &session.owners);
        let old_bytes = there.as_ref().map_or(0, |stat| u64::try_from(stat.st_size).unwrap_or(0));
        match self.window.push_file(session.source, &place, node, attributes, decision, old_bytes) {
            Ok(content_bytes) => session.reporter.planned(1, content_bytes),
            Err(error) => session.problem_of_file(path.to_vec(), "read the content of", Cause::Source(error.into())),
        }
    }

    fn flush(&mut self) {
        let window = std::mem::take(&mut self.window);
        self.limit.grow();
        // It fails only where the other side is gone, which it is not while we are here.
        if !window.is_empty() {
            let _ = self.windows.send(window);
        }
    }
}

impl Level {
    /// Whether a name was met before in this directory. Names ascend in every tree that restic or we wrote; only where
    /// they do not, all are remembered.
    fn meets_twice(&mut self, name: &[u8]) -> bool {
        if let Some(names) = &mut self.names {
            return !names.insert(name.to_vec());
        }
        if name > self.last_name.as_slice() {
            self.last_name.clear();
            self.last_name.extend_from_slice(name);
            return false;
        }
        if name == self.last_name {
            return true;
        }
        self.names = Some(HashSet::from_iter([self.last_name.clone(), name.to_vec()]));
        false
    }
}
