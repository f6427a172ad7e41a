//! One repository, two tools: A writes; B checks all data, restores, continues, forgets and prunes; A continues.

use std::path::PathBuf;

use rempart_interop_tests::both;
use rempart_tests_support::{Place, Tool, strange, tree};

/// A place and true copies of what its source was at each backup.
struct Story {
    place: Place,
    copies: Vec<PathBuf>,
}

impl Story {
    fn begin(writer: Tool) -> Self {
        let place = Place::new("matrix");
        strange::make(&place.source());
        writer.init(&place);
        Self { place, copies: Vec::new() }
    }

    /// Backs up the source as it is now; from the second time on, after changing it.
    fn backup(&mut self, tool: Tool) -> String {
        let generation = self.copies.len();
        if generation > 0 {
            strange::change(&self.place.source(), generation as u64);
        }
        let copy = self.place.path().join(format!("copy-{generation}"));
        strange::copy(&self.place.source(), &copy);
        self.copies.push(copy);
        let before = Tool::snapshot_ids(&self.place);
        tool.backup(&self.place, &[]);
        let new: Vec<_> = Tool::snapshot_ids(&self.place).into_iter().filter(|id| !before.contains(id)).collect();
        assert_eq!(new.len(), 1, "{} made {} snapshots in one backup", tool.name(), new.len());
        new.into_iter().next().expect("one")
    }

    /// Restores a snapshot by `reader`, and compares with what `writer` backed up at that generation.
    fn restores(&self, writer: Tool, reader: Tool, snapshot: &str, generation: usize) {
        let into = format!("restored-{}-{generation}", reader.name());
        let _ = std::fs::remove_dir_all(self.place.path().join(&into));
        let restored = reader.restore(&self.place, snapshot, &into);
        let what = format!("generation {generation}, {} to {}", writer.name(), reader.name());
        tree::assert_equal(&self.copies[generation], &restored, both(writer, reader), &what);
    }

    /// Both tools, and the newest restic as the referee, find nothing wrong.
    fn all_check(&self, a: Tool, b: Tool) {
        for tool in [a, b, Tool::Restic] {
            tool.check(&self.place);
        }
    }
}

fn a_writes_b_takes_over(a: Tool, b: Tool) {
    // Given two snapshots by A
    let mut story = Story::begin(a);
    let first = story.backup(a);
    let second = story.backup(a);
    // Then B finds no error, and restores both
    story.all_check(a, b);
    story.restores(a, b, &first, 0);
    story.restores(a, b, &second, 1);
    // When B continues, A restores what B wrote
    let third = story.backup(b);
    story.all_check(a, b);
    story.restores(b, a, &third, 2);
    // When B forgets all but the last and prunes, that one is whole, for both
    b.keep_last_alone(&story.place);
    assert_eq!(Tool::snapshot_ids(&story.place), std::slice::from_ref(&third), "{} kept other snapshots", b.name());
    story.all_check(a, b);
    story.restores(b, a, &third, 2);
    story.restores(b, b, &third, 2);
    // When A continues, forgets and prunes, the same holds
    let fourth = story.backup(a);
    story.all_check(a, b);
    story.restores(a, b, &fourth, 3);
    a.keep_last_alone(&story.place);
    assert_eq!(Tool::snapshot_ids(&story.place), std::slice::from_ref(&fourth), "{} kept other snapshots", a.name());
    story.all_check(a, b);
    story.restores(a, b, &fourth, 3);
    story.restores(a, a, &fourth, 3);
}

#[test]
fn rempart_writes_and_restic_takes_over() {
    a_writes_b_takes_over(Tool::Rempart, Tool::Restic);
}

#[test]
fn rempart_writes_and_the_distributions_restic_takes_over() {
    a_writes_b_takes_over(Tool::Rempart, Tool::OldRestic);
}

#[test]
fn rempart_writes_and_rustic_takes_over() {
    a_writes_b_takes_over(Tool::Rempart, Tool::Rustic);
}

#[test]
fn restic_writes_and_rempart_takes_over() {
    a_writes_b_takes_over(Tool::Restic, Tool::Rempart);
}

#[test]
fn the_distributions_restic_writes_and_rempart_takes_over() {
    a_writes_b_takes_over(Tool::OldRestic, Tool::Rempart);
}

#[test]
fn rustic_writes_and_rempart_takes_over() {
    a_writes_b_takes_over(Tool::Rustic, Tool::Rempart);
}
