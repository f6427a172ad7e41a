//! Hard links: further names of what was restored before.

use std::os::fd::AsFd;

use hashbrown::HashMap;
use rempart_format::{Node, NodeKind};
use rustix::fs::AtFlags;

use super::attributes::Attributes;
use super::entry::Place;
use super::execute::run_window;
use super::existing::{Decision, look};
use super::report::{Action, Cause};
use super::session::Session;
use super::special::{make_way, restore_special};
use super::window::{LinkEntry, Window};

/// The first names of files that have several, while further ones may come.
#[derive(Default)]
pub(super) struct FirstNames {
    known: HashMap<(u64, u64), (Place, u64)>,
}

impl FirstNames {
    fn key(node: &Node) -> Option<(u64, u64)> {
        (node.links > 1 && node.inode != 0 && node.kind != NodeKind::Dir).then_some((node.device_id, node.inode))
    }

    /// Whether this node is a further name of a file.
    pub(super) fn has(&self, node: &Node) -> bool {
        Self::key(node).is_some_and(|key| self.known.contains_key(&key))
    }

    /// The first name, where this node is a further one.
    pub(super) fn of(&mut self, node: &Node) -> Option<Place> {
        let key = Self::key(node)?;
        let (first, left) = self.known.get_mut(&key)?;
        let first = first.clone();
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.known.remove(&key);
        }
        Some(first)
    }

    pub(super) fn remember(&mut self, node: &Node, place: &Place) {
        if let Some(key) = Self::key(node) {
            self.known.insert(key, (place.clone(), node.links - 1));
        }
    }
}

/// Links the further names. Where the target cannot link, each becomes a file of its own, and this is told.
pub(super) fn restore_links(session: &Session<'_>, links: Vec<LinkEntry>) {
    let mut copies = Window::default();
    for mut link in links {
        if session.cancel.is_canceled() {
            return;
        }
        match restore_link(session, &link) {
            Ok(action) => session.reporter.entry(|| link.place.path(), Some(link.node.kind), action, 0),
            Err(cause) => {
                session.reporter.problem(link.place.path(), "make a hard link of (it becomes a copy)", cause);
                copy_instead(session, &mut copies, &mut link);
            }
        }
        session.one_is_done(&link.place.dir);
    }
    if !copies.is_empty() {
        run_window(session, copies);
    }
}

fn restore_link(session: &Session<'_>, link: &LinkEntry) -> Result<Action, Cause> {
    let action = if link.decision == Decision::Create { Action::Create } else { Action::Replace };
    if link.place.dir.imagined || link.first.dir.imagined {
        return Ok(action);
    }
    let dir = session.directories.open(&link.place.dir)?;
    let first_dir = session.directories.open(&link.first.dir)?;
    let there = look(dir.as_fd(), link.place.name())?;
    let first = look(first_dir.as_fd(), link.first.name())?;
    if let (Some(there), Some(first)) = (&there, &first)
        && (there.st_dev, there.st_ino) == (first.st_dev, first.st_ino)
    {
        return Ok(Action::Unchanged);
    }
    if !session.executes() {
        return Ok(action);
    }
    if first.is_none() {
        return Err(Cause::Refused("the file it is a name of was not restored"));
    }
    if there.is_some() {
        if link.place.dir.made {
            return Err(Cause::Refused("the snapshot names it twice"));
        }
        make_way(session, &link.place, dir.as_fd())?;
    }
    rustix::fs::linkat(&first_dir, link.first.name(), &dir, link.place.name(), AtFlags::empty())
        .map_err(std::io::Error::from)?;
    Ok(action)
}

fn copy_instead(session: &Session<'_>, copies: &mut Window, link: &mut LinkEntry) {
    // What was in its place may be gone by now.
    let there = session.directories.open(&link.place.dir).and_then(|dir| look(dir.as_fd(), link.place.name()));
    let Ok(there) = there else { return };
    if there.is_some() && link.place.dir.made {
        return;
    }
    let decision = if there.is_some() { Decision::Replace } else { Decision::Create };
    if link.node.kind == NodeKind::File {
        let attributes = Attributes::of(&mut link.node, &session.owners);
        let pushed = copies.push_file(session.source, &link.place, &link.node, attributes, decision, 0);
        if let Err(error) = pushed {
            session.problem_of_file(link.place.path(), "read the content of", Cause::Source(error.into()));
        }
    } else {
        restore_special(session, &link.place, &mut link.node, there.as_ref(), decision);
    }
}
