//! `enrol`: makes this machine known to a server.

use std::io::{BufRead as _, IsTerminal as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use rempart_protocol::handshake::Purpose;
use rempart_protocol::{EnrolmentToken, PublicKey};
use zeroize::Zeroizing;

use crate::cli::Enrol;
use crate::control::handshake::{NotIn, show};
use crate::folder::Folder;
use crate::settings::{Home, Settings, identity};
use crate::wire::{Address, Dialer, Frames, Trust};

/// Shows the token to the server once; what is written before says nothing until it was accepted.
pub fn enrol(asked: Enrol) -> anyhow::Result<ExitCode> {
    let server: Address = asked.server.parse()?;
    if !server.is_tls && !server.is_loopback() && !asked.allow_plain_http {
        bail!("{server} is not encrypted: use https://, or accept that others read along with --allow-plain-http");
    }
    let server_key = PublicKey::parse(&asked.server_key)
        .context("--server-key is not a server's key: copy the command again from the server's page")?;
    let token: EnrolmentToken = token(asked.token)?.parse()?;
    let folder = Folder::create(&asked.data.data)?;
    let _claim = folder.claim()?;
    let trust = match (asked.certificate, asked.ca) {
        (Some(fingerprint), _) => Trust::Only(fingerprint),
        (None, Some(file)) => {
            Trust::File(file.canonicalize().with_context(|| format!("cannot find {}", file.display()))?)
        }
        (None, None) => Trust::System,
    };
    let dialer = Dialer::new(server.clone(), &trust)?;
    let home = Home { dialer, identity: identity(&folder)?, server_key };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(knock(&home, token))?;
    let key = home.identity.public();
    Settings { server, server_key, trust, enrolled_at: Timestamp::now() }.write(&folder)?;
    println!("enrolled with {} as {key}", home.dialer.server());
    println!("start it: rempart-agent run --data {}", folder.path().display());
    Ok(ExitCode::SUCCESS)
}

async fn knock(home: &Home, token: EnrolmentToken) -> anyhow::Result<()> {
    let mut socket = home.dialer.open(Frames::Control).await?;
    match show(&mut socket, home, Some(token), Purpose::Control).await {
        Ok(_) => {}
        Err(NotIn::Refused(refusal)) => bail!("{refusal}"),
        Err(NotIn::Wire(error)) => return Err(error.into()),
    }
    // The server knows the key now; a farewell that is lost does not matter.
    let _ = socket.close(None).await;
    Ok(())
}

fn token(given: Option<String>) -> anyhow::Result<Zeroizing<String>> {
    if let Some(token) = given {
        return Ok(Zeroizing::new(token));
    }
    if std::io::stdin().is_terminal() {
        eprint!("one-time token: ");
    }
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line).context("cannot read the token from the standard input")?;
    Ok(Zeroizing::new(line.trim().to_owned()))
}
