//! Which events a browser hears: what it asked for, less what its role may not see.

use rempart_catalog::Topic;
use rempart_model::Permission;

use crate::http::caller::Caller;

/// A set of topics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Topics(u16);

impl Topics {
    fn bit(topic: Topic) -> u16 {
        1 << (topic as u16)
    }

    #[must_use]
    pub fn contains(self, topic: Topic) -> bool {
        self.0 & Self::bit(topic) != 0
    }

    /// What this caller may hear of these.
    #[must_use]
    pub fn allowed(asked: &[Topic], caller: &Caller) -> Self {
        let may = |topic: &&Topic| caller.may(permission(**topic));
        Self(asked.iter().filter(may).fold(0, |set, topic| set | Self::bit(*topic)))
    }
}

/// What hearing of a topic takes: the same as reading its list.
fn permission(topic: Topic) -> Permission {
    match topic {
        Topic::Users => Permission::ManageUsers,
        Topic::Workers => Permission::ManageWorkers,
        Topic::Jobs
        | Topic::Runs
        | Topic::Plans
        | Topic::Pools
        | Topic::Repositories
        | Topic::Snapshots
        | Topic::Servers
        | Topic::Stats
        | Topic::Alerts
        | Topic::Settings => Permission::Read,
    }
}
