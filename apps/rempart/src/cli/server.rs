//! `rempart server`: one flag per setting of the server's table.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use rempart_server::settings::table;

/// Run the server.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Server {
    /// Settings file (TOML); default: /etc/rempart/server.toml, where it exists
    #[arg(long, value_name = "FILE", env = "REMPART_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub settings: SettingFlags,
}

const AFTER_HELP: &str = "Every setting may also come from the environment or the settings file; docs/server.md lists the names.\n\
     Flags win over the environment, the environment over the file.\n\
     At the first start the server prints a link with which the first administrator is made.";

/// The settings that flags were given for, by key.
#[derive(Debug, Clone, Default)]
pub struct SettingFlags(pub BTreeMap<String, String>);

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        table::TABLE.iter().filter(|setting| setting.has_flag).fold(command, |command, setting| {
            let default =
                if setting.default.is_empty() { String::new() } else { format!(" [default: {}]", setting.default) };
            let arg = Arg::new(setting.key).long(setting.flag).help(format!("{}{default}", setting.about));
            command.arg(match setting.value {
                Some(value) => arg.value_name(value),
                None => arg.action(ArgAction::SetTrue),
            })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = BTreeMap::new();
        for setting in table::TABLE.iter().filter(|setting| setting.has_flag) {
            let value = match setting.value {
                Some(_) => matches.get_one::<String>(setting.key).cloned(),
                None => matches.get_flag(setting.key).then(|| "true".to_owned()),
            };
            if let Some(value) = value {
                flags.insert(setting.key.to_owned(), value);
            }
        }
        Ok(Self(flags))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
