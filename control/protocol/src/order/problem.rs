//! What is not stored, or not brought back, as it should be.

use serde::{Deserialize, Serialize};

/// One thing that went wrong with one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileProblem {
    /// For people: what is no UTF-8 is U+FFFD.
    pub path: String,
    /// A word such as `unreadable`, `vanished`, `changed`.
    pub kind: String,
    pub message: String,
}

/// All problems are counted, the first are told by name: as many as [`PROBLEMS_BYTES`] hold. Two fields of whatever tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Problems {
    #[serde(rename = "problemCount")]
    pub count: u64,
    #[serde(rename = "problems")]
    pub first: Vec<FileProblem>,
    #[serde(skip)]
    held_bytes: usize,
}

/// What the problems in one message may take, in bytes of JSON: they fit into a commit and into a result beside the rest.
pub const PROBLEMS_BYTES: usize = 384 << 10;

impl Problems {
    /// Counts a problem, and keeps it while there is room.
    pub fn add(&mut self, problem: FileProblem) {
        self.count += 1;
        // The exact length: escapes can make a path six times as long. A problem always has a JSON form.
        let bytes = serde_json::to_vec(&problem).map_or(PROBLEMS_BYTES, |json| json.len() + 1);
        if self.held_bytes + bytes <= PROBLEMS_BYTES {
            self.held_bytes += bytes;
            self.first.push(problem);
        } else {
            // None behind the first that does not fit: the list is the beginning of what happened.
            self.held_bytes = PROBLEMS_BYTES;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_fit_into_a_message() {
        let mut problems = Problems::default();
        for number in 0..100_000 {
            let path = format!("/srv/\u{1}\u{2}/{number}");
            problems.add(FileProblem { path, kind: "vanished".into(), message: "not there".into() });
        }
        let json = serde_json::to_string(&problems).unwrap();
        assert_eq!(problems.count, 100_000);
        assert!(
            problems.first.len() > 1000 && json.len() < PROBLEMS_BYTES + 100,
            "{} in {}",
            problems.first.len(),
            json.len()
        );
        assert!(problems.first[9].path.ends_with("/9"), "the first, in their order");
        assert_eq!(serde_json::from_str::<Problems>(&json).unwrap().first, problems.first);
    }
}
