//! What goes wrong over SSH, as people are told.

use rempart_deploy::DeployError;

use crate::trouble::{Trouble, table};

impl From<DeployError> for Trouble {
    fn from(error: DeployError) -> Self {
        use DeployError as E;
        match &error {
            E::Unreachable { address, detail } => {
                Self::new(&table::DEPLOY_UNREACHABLE).with("address", address).with("detail", detail)
            }
            E::Lost { detail } => Self::new(&table::DEPLOY_LOST).with("detail", detail),
            E::HostKeyChanged { shown, expected } => {
                Self::new(&table::DEPLOY_HOST_KEY_CHANGED).with("shown", shown).with("expected", expected)
            }
            E::Key { detail } => Self::new(&table::DEPLOY_KEY).with("detail", detail),
            E::KeyLocked => Self::new(&table::DEPLOY_KEY_LOCKED),
            E::LoginRefused { user, methods } => {
                Self::new(&table::DEPLOY_LOGIN).with("user", user).with("methods", methods)
            }
            E::SecondFactor { user } => Self::new(&table::DEPLOY_SECOND_FACTOR).with("user", user),
            E::NotLinux { system } => Self::new(&table::DEPLOY_SYSTEM).with("system", system),
            E::NoSystemd => Self::new(&table::DEPLOY_NO_SYSTEMD),
            E::NoProgram { arch, folders } => {
                Self::new(&table::DEPLOY_NO_PROGRAM).with("arch", arch).with("folders", folders)
            }
            E::Program { path, detail } => Self::new(&table::DEPLOY_PROGRAM).with("path", path).with("detail", detail),
            E::Libc { needed, found } => Self::new(&table::DEPLOY_LIBC).with("needed", needed).with("found", found),
            E::NoSudo { user } => Self::new(&table::DEPLOY_NO_SUDO).with("user", user),
            E::SudoRefused { user, detail } => Self::new(&table::DEPLOY_SUDO).with("user", user).with("detail", detail),
            E::AlreadyInstalled => Self::new(&table::DEPLOY_ALREADY),
            E::NotInstalled => Self::new(&table::DEPLOY_NOT_INSTALLED),
            E::NoRoom { needed_bytes, free_bytes } => {
                Self::new(&table::DEPLOY_NO_ROOM).with("size", needed_bytes).with("freed", free_bytes)
            }
            E::Damaged { detail } => Self::new(&table::DEPLOY_DAMAGED).with("detail", detail),
            E::DoesNotRun { detail } => Self::new(&table::DEPLOY_DOES_NOT_RUN).with("detail", detail),
            E::Enrol { detail } => Self::new(&table::DEPLOY_ENROL).with("detail", detail),
            E::Start { detail } => Self::new(&table::DEPLOY_START).with("detail", detail),
            E::Command { detail } => Self::new(&table::DEPLOY_COMMAND).with("detail", detail),
            E::Slow { seconds, .. } => Self::new(&table::DEPLOY_SLOW).with("seconds", seconds),
        }
    }
}
