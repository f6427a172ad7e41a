//! A server as a process: started, asked, watched and ended.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::place::Place;
use crate::report::{Goal, Report, Spread};

const STARTS: usize = 5;
/// How long a server is left alone before it is called idle.
const REST: Duration = Duration::from_secs(15);

pub struct Server {
    /// Killed when dropped.
    child: Child,
    pub base: String,
    pub setup_token: Option<String>,
    /// From the start of the process to the first answer of `/health/ready` that says yes.
    pub ready_after: Duration,
}

/// `REMPART_BIN`, or the one that lies beside this program.
fn program() -> Result<PathBuf> {
    let beside = || std::env::current_exe().ok().map(|own| own.with_file_name("rempart"));
    let program = std::env::var_os("REMPART_BIN").map(PathBuf::from).or_else(beside).context("where am I?")?;
    if !program.exists() {
        bail!("{} is missing: build it by `cargo build --release -p rempart`", program.display());
    }
    Ok(program)
}

impl Server {
    pub async fn start(place: &Place) -> Result<Self> {
        let mut command = Command::new(program()?);
        command.arg("server").env("PORT", "0").env("BACKUPS_DIR", place.folder()).env("DATABASE_URL", place.address());
        command.env("RUST_LOG", "warn").stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let began = Instant::now();
        let mut child = command.spawn().context("start rempart server")?;
        let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        let mut base = None;
        let mut setup_token = None;
        while base.is_none() {
            let line = lines.next_line().await?.context("the server ended before it told its address")?;
            base = line
                .split_whitespace()
                .find(|word| word.starts_with("http"))
                .map(|url| url.trim_end_matches('/').to_owned());
        }
        let base = base.context("an address")?;
        let client = reqwest::Client::new();
        while !client.get(format!("{base}/health/ready")).send().await.is_ok_and(|answer| answer.status() == 200) {
            anyhow::ensure!(began.elapsed() < Duration::from_secs(60), "the server does not get ready");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let ready_after = began.elapsed();
        // It comes with the address where there is no user yet.
        if let Ok(Ok(Some(line))) = tokio::time::timeout(Duration::from_millis(200), lines.next_line()).await {
            setup_token = line.split_once("token=").map(|(_, token)| token.trim().to_owned());
        }
        Ok(Self { child, base, setup_token, ready_after })
    }

    /// Memory that is its own now, in millions of bytes.
    pub fn resident_mb(&self) -> Result<f64> {
        let pid = self.child.id().context("it has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("its memory")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024.0 / 1e6)
    }

    /// With a signal that lets it end in order.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().context("it has ended")?;
        let told = Command::new("kill").arg(pid.to_string()).status().await?;
        anyhow::ensure!(told.success(), "the server cannot be told to stop");
        self.child.wait().await?;
        Ok(())
    }
}

pub async fn measure(place: &Place, of: &str, report: &mut Report) -> Result<()> {
    let mut times = Vec::new();
    // The first makes the tables, the key and the folders.
    for _ in 0..=STARTS {
        let server = Server::start(place).await?;
        times.push(server.ready_after);
        server.stop().await?;
    }
    let worst = Spread::of(times).worst.as_secs_f64();
    let more = format!(", the slowest of {}", STARTS + 1);
    report.say(place.database(), format!("start to ready, {of}"), Goal::AtMost(Duration::from_secs(1)), worst, &more);

    let server = Server::start(place).await?;
    tokio::time::sleep(REST).await;
    let resident = server.resident_mb()?;
    report.say(place.database(), format!("memory of an idle server, {of}"), Goal::AtMostMb(80.0), resident, "");
    server.stop().await
}
