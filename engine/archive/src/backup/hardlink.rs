//! Hard links: every name carries the content, and the content is read once.

use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;
use rempart_format::Xattr;

use super::dir::Dir;
use super::listing::Content;
use super::source::Stat;

/// The files with several names that are being read, or have been while not all names were met.
#[derive(Debug, Default)]
pub(crate) struct HardLinks {
    files: Mutex<HashMap<(u64, u64), File>>,
}

#[derive(Debug)]
struct File {
    /// As the first name was found; a name that finds it otherwise reads by itself.
    stat: Stat,
    names_met: u32,
    state: State,
}

#[derive(Debug)]
enum State {
    BeingRead { waiting: Vec<Name> },
    Known { content: Content, xattrs: Vec<Xattr> },
}

/// One name of a file.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(crate) dir: Arc<Dir>,
    pub(crate) slot: u32,
}

/// What to do with a name.
#[derive(Debug)]
pub(crate) enum Turn {
    Read,
    /// Somebody reads it; the content will be delivered.
    Wait,
    Known(Content, Vec<Xattr>),
}

impl HardLinks {
    pub(crate) fn enter(&self, stat: &Stat, name: &Name) -> Turn {
        let mut files = self.files.lock();
        let key = (stat.device, stat.inode);
        let Some(file) = files.get_mut(&key) else {
            let state = State::BeingRead { waiting: Vec::new() };
            files.insert(key, File { stat: *stat, names_met: 1, state });
            return Turn::Read;
        };
        if !file.stat.same_content_as(stat) {
            return Turn::Read;
        }
        file.names_met += 1;
        match &mut file.state {
            State::BeingRead { waiting } => {
                waiting.push(name.clone());
                Turn::Wait
            }
            State::Known { content, xattrs } => {
                let turn = Turn::Known(content.clone(), xattrs.clone());
                if file.names_met >= stat.links {
                    files.remove(&key);
                }
                turn
            }
        }
    }

    /// The content is stored: who waits for it gets it.
    pub(crate) fn finish(&self, stat: &Stat, content: &Content, xattrs: &[Xattr]) -> Vec<Name> {
        let mut files = self.files.lock();
        let key = (stat.device, stat.inode);
        let Some(file) = files.get_mut(&key) else { return Vec::new() };
        let State::BeingRead { waiting } = &mut file.state else { return Vec::new() };
        let waiting = std::mem::take(waiting);
        if file.names_met >= stat.links {
            files.remove(&key);
        } else {
            file.state = State::Known { content: content.clone(), xattrs: xattrs.to_vec() };
        }
        waiting
    }

    /// The name that was read from failed. Another one may be better: it is to be read next.
    pub(crate) fn fail(&self, stat: &Stat) -> Option<Name> {
        let mut files = self.files.lock();
        let key = (stat.device, stat.inode);
        let file = files.get_mut(&key)?;
        let State::BeingRead { waiting } = &mut file.state else { return None };
        let next = waiting.pop();
        if next.is_none() {
            files.remove(&key);
        }
        next
    }
}
