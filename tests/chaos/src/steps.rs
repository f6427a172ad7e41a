//! What another process sees of work on a repository: files that appear under temporary names, get their final ones, and go.

use std::collections::HashMap;
use std::fmt;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    Lock,
    Pack,
    Index,
    Snapshot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Under a temporary name: its content is on the way.
    Begun,
    /// Under its final name.
    Written,
    Removed,
}

/// One change of a repository's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    pub area: Area,
    pub change: Change,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let area = match self.area {
            Area::Lock => "lock",
            Area::Pack => "pack",
            Area::Index => "index",
            Area::Snapshot => "snapshot",
        };
        let change = match self.change {
            Change::Begun => "begun",
            Change::Written => "written",
            Change::Removed => "removed",
        };
        write!(f, "{area} {change}")
    }
}

/// Sees every step from when it was made (inotify). Only of local repositories.
pub struct Watch {
    events: OwnedFd,
    areas: HashMap<i32, Area>,
}

impl Watch {
    /// Makes the folders of packs that are not there yet: what is written into a folder before it is watched is not seen.
    pub fn new(repository: &Path) -> Self {
        let events = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).expect("inotify");
        let mut watch = Self { events, areas: HashMap::new() };
        watch.add(&repository.join("locks"), Area::Lock);
        watch.add(&repository.join("index"), Area::Index);
        watch.add(&repository.join("snapshots"), Area::Snapshot);
        watch.add(&repository.join("data"), Area::Pack);
        for number in 0..=255 {
            let folder = repository.join(format!("data/{number:02x}"));
            std::fs::create_dir_all(&folder).unwrap_or_else(|e| panic!("make {}: {e}", folder.display()));
            watch.add(&folder, Area::Pack);
        }
        watch.seen();
        watch
    }

    fn add(&mut self, folder: &Path, area: Area) {
        let wanted = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::DELETE;
        let number = inotify::add_watch(&self.events, folder, wanted)
            .unwrap_or_else(|e| panic!("watch {}: {e}", folder.display()));
        self.areas.insert(number, area);
    }

    /// Waits until there is a step, or the time is over.
    pub fn wait(&self, time: Duration) {
        let time = Timespec { tv_sec: time.as_secs().cast_signed(), tv_nsec: time.subsec_nanos().into() };
        match poll(&mut [PollFd::new(&self.events, PollFlags::IN)], Some(&time)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => panic!("wait for inotify: {error}"),
        }
    }

    /// The steps since it was last asked.
    pub fn seen(&self) -> Vec<Step> {
        let mut buffer = [MaybeUninit::uninit(); 16 << 10];
        let mut reader = inotify::Reader::new(&self.events, &mut buffer);
        let mut steps = Vec::new();
        loop {
            let event = match reader.next() {
                Ok(event) => event,
                Err(Errno::AGAIN) => return steps,
                Err(error) => panic!("read inotify: {error}"),
            };
            assert!(!event.events().contains(ReadFlags::QUEUE_OVERFLOW), "steps were lost");
            let name = event.file_name().map_or(&b""[..], |name| name.to_bytes());
            let is_object = name.len() == 64;
            let change = match event.events() {
                flags if flags.contains(ReadFlags::ISDIR) => continue,
                flags if flags.contains(ReadFlags::CREATE) && !is_object => Change::Begun,
                flags if flags.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO) && is_object => Change::Written,
                flags if flags.contains(ReadFlags::DELETE) && is_object => Change::Removed,
                // A temporary file that is swept away.
                _ => continue,
            };
            steps.push(Step { area: self.areas[&event.wd()], change });
        }
    }
}
