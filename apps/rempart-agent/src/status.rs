//! `status`: whose agent this is, and how it stands.

use std::path::Path;
use std::process::ExitCode;

use crate::folder::Folder;
use crate::settings::{Settings, State, identity};

/// Ends with success where an agent runs and is connected.
pub fn status(data: &Path) -> anyhow::Result<ExitCode> {
    let folder = Folder::open(data)?;
    let settings = Settings::read(&folder)?;
    println!("version:    {}", env!("CARGO_PKG_VERSION"));
    println!("server:     {}", settings.server);
    println!("server key: {}", settings.server_key);
    println!("own key:    {}", identity(&folder)?.public());
    println!("enrolled:   {}", settings.enrolled_at);
    // Who cannot have the folder to itself meets a running agent.
    let runs = folder.claim().is_err();
    let state = State::read(&folder)?;
    let is_connected = runs && state.as_ref().is_some_and(|state| state.is_connected);
    let stands = match (&state, runs) {
        (_, false) => "not running: rempart-agent run".to_owned(),
        (None, true) => "connecting for the first time".to_owned(),
        (Some(State { is_connected: true, since, .. }), true) => format!("connected since {since}"),
        (Some(State { since, reason, .. }), true) => {
            format!("not connected since {since}: {}", reason.as_deref().unwrap_or("no reason is known"))
        }
    };
    println!("state:      {stands}");
    Ok(if is_connected { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
