//! Who may do what: roles, permissions, and the one table of both.

use crate::word::words;

words! {
    /// What a user is to the house. Each role may do all that those before it may.
    Role("role") {
        Viewer = "viewer",
        Restorer = "restorer",
        Operator = "operator",
        Administrator = "administrator",
    }

    /// What a route asks for.
    Permission("permission") {
        /// One's own account: sessions, password, language, one's own tokens.
        Own = "own",
        /// Lists and details of everything but users, tokens, settings and the audit log.
        Read = "read",
        /// Bring files back, download them.
        Restore = "restore",
        /// Run a plan now, cancel and retry runs and jobs.
        Run = "run",
        ManagePlans = "manage_plans",
        /// Pools and repositories: make, change, check, prune, unlock, clients; delete snapshots.
        ManageStorage = "manage_storage",
        ManageServers = "manage_servers",
        ManageWorkers = "manage_workers",
        ManageUsers = "manage_users",
        /// API tokens of others.
        ManageTokens = "manage_tokens",
        ManageSettings = "manage_settings",
        ReadAudit = "read_audit",
        /// A repository's password in the clear.
        RecoveryKit = "recovery_kit",
    }
}

impl Permission {
    /// The table: the least of the roles that has the permission.
    #[must_use]
    pub const fn least_role(self) -> Role {
        match self {
            Self::Own | Self::Read => Role::Viewer,
            Self::Restore => Role::Restorer,
            Self::Run | Self::ManagePlans | Self::ManageStorage => Role::Operator,
            Self::ManageServers
            | Self::ManageWorkers
            | Self::ManageUsers
            | Self::ManageTokens
            | Self::ManageSettings
            | Self::ReadAudit
            | Self::RecoveryKit => Role::Administrator,
        }
    }
}

impl Role {
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        self >= permission.least_role()
    }

    /// Everything the role may do, for the answer that tells a browser which buttons to show.
    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.may(*permission))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_roles_and_permissions() {
        let table: Vec<String> = Role::ALL
            .iter()
            .map(|role| format!("{role}: {}", role.permissions().map(Permission::as_str).collect::<Vec<_>>().join(" ")))
            .collect();
        let administrator = Permission::ALL.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!(
            table,
            [
                "viewer: own read".to_owned(),
                "restorer: own read restore".to_owned(),
                "operator: own read restore run manage_plans manage_storage".to_owned(),
                format!("administrator: {administrator}"),
            ]
        );
    }
}
