//! Identifiers of what the server keeps in its catalog: whole numbers, one type per kind, so that a run is never looked up
//! under the number of a plan.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Text that is no identifier of this kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not the number of a {what}: a whole number above zero is expected")]
pub struct ParseRowIdError {
    pub what: &'static str,
    pub text: String,
}

macro_rules! row_ids {
    ($($(#[$doc:meta])* $name:ident = $what:literal)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[serde(transparent)]
            #[repr(transparent)]
            pub struct $name(pub i64);

            impl $name {
                /// What people call the thing.
                pub const WHAT: &'static str = $what;

                #[must_use]
                pub const fn new(number: i64) -> Self {
                    Self(number)
                }
                #[must_use]
                pub const fn get(self) -> i64 {
                    self.0
                }
            }
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    fmt::Display::fmt(&self.0, f)
                }
            }
            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, "{}({})", stringify!($name), self.0)
                }
            }
            impl FromStr for $name {
                type Err = ParseRowIdError;
                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    match text.parse() {
                        Ok(number) if number > 0 => Ok(Self(number)),
                        _ => Err(ParseRowIdError { what: $what, text: text.to_owned() }),
                    }
                }
            }
            impl From<$name> for i64 {
                fn from(id: $name) -> i64 {
                    id.0
                }
            }
        )+
    };
}

row_ids! {
    UserId = "user"
    SessionId = "session"
    TokenId = "API token"
    AuditId = "audit entry"
    ServerId = "server"
    PoolId = "storage pool"
    PoolSampleId = "pool measurement"
    /// A repository as the catalog knows it; [`crate::RepositoryId`] is what the repository itself is called.
    RepoId = "repository"
    /// A client of a repository's restic REST endpoint.
    RepoClientId = "repository client"
    /// A snapshot as the catalog knows it; [`crate::SnapshotId`] is its name in the repository.
    SnapshotRowId = "snapshot"
    PlanId = "plan"
    RunId = "run"
    ProblemId = "problem"
    JobId = "job"
    JobLogId = "line of a job's log"
    WorkerId = "worker"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_what_it_prints_and_nothing_else() {
        let id = PlanId::new(42);
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in ["", "0", "-1", "1.0", "x", "9223372036854775808", " 1"] {
            let error = wrong.parse::<PlanId>().expect_err(wrong);
            assert!(error.to_string().contains("plan"), "{error}");
        }
    }
}
