//! A thousand browsers that listen: how long an event is on its way to each, and what they cost the server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::administrator::Administrator;
use crate::place::Place;
use crate::process::Server;
use crate::report::{Goal, Report, Spread};

const SUBSCRIBERS: usize = 1_000;
const EVENTS: usize = 50;
/// Between two events: a browser's worth of changes, not a flood.
const PAUSE: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(60);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Administrator {
    /// Causes one event; when it was asked for.
    async fn change(&self, number: usize) -> Result<Instant> {
        let url = format!("{}/api/settings", self.base);
        let read = self.http.get(&url).header("cookie", &self.cookie).send().await?.error_for_status()?;
        let etag = read.headers().get("etag").context("a version")?.clone();
        let mut settings: Value = read.json().await?;
        settings["applicationName"] = format!("Name {number}").into();
        let put = self.http.put(&url).header("cookie", &self.cookie).header("x-rempart-csrf", &self.csrf);
        let put = put.header("if-match", etag).json(&settings);
        let asked = Instant::now();
        put.send().await?.error_for_status()?;
        Ok(asked)
    }

    async fn listen(&self) -> Result<Socket> {
        let mut request = format!("{}/ws", self.base.replacen("http", "ws", 1)).into_client_request()?;
        request.headers_mut().insert("cookie", self.cookie.parse()?);
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
        socket.send(Message::text(json!({ "subscribe": ["settings"], "after": null }).to_string())).await?;
        let hello = hear(&mut socket).await?;
        ensure!(hello["hello"]["seq"].is_i64(), "no greeting: {hello}");
        Ok(socket)
    }
}

async fn hear(socket: &mut Socket) -> Result<Value> {
    loop {
        match socket.next().await.context("the connection ended")?? {
            Message::Text(text) => return Ok(serde_json::from_str(&text)?),
            Message::Close(frame) => bail!("the server closed the connection: {frame:?}"),
            _ => {}
        }
    }
}

/// Hears all events; the number and the moment of each.
async fn subscriber(mut socket: Socket, ready: Arc<Barrier>) -> Result<Vec<(i64, Instant)>> {
    ready.wait().await;
    let mut heard = Vec::with_capacity(EVENTS);
    while heard.len() < EVENTS {
        let event = tokio::time::timeout(PATIENCE, hear(&mut socket)).await.context("an event does not come")??;
        heard.push((event["seq"].as_i64().with_context(|| format!("no event: {event}"))?, Instant::now()));
    }
    Ok(heard)
}

pub async fn measure(place: &Place, report: &mut Report) -> Result<()> {
    let server = Server::start(place).await?;
    let administrator = Administrator::of(&server).await?;
    let before = server.resident_mb()?;
    let ready = Arc::new(Barrier::new(SUBSCRIBERS + 1));
    let mut subscribers = Vec::with_capacity(SUBSCRIBERS);
    for _ in 0..SUBSCRIBERS {
        subscribers.push(tokio::spawn(subscriber(administrator.listen().await?, ready.clone())));
    }
    ready.wait().await;
    let listening = server.resident_mb()?;

    let mut moments = Vec::with_capacity(EVENTS);
    for number in 0..EVENTS {
        moments.push(administrator.change(number).await?);
        tokio::time::sleep(PAUSE).await;
    }

    let (mut whole, mut all, mut last, mut numbers) = (0_u64, Vec::new(), vec![Duration::ZERO; EVENTS], None);
    for subscriber in subscribers {
        let heard = subscriber.await??;
        let own: Vec<i64> = heard.iter().map(|(seq, _)| *seq).collect();
        ensure!(own.is_sorted_by(|a, b| a < b), "out of order, or twice: {own:?}");
        whole += u64::from(*numbers.get_or_insert_with(|| own.clone()) == own);
        for (event, (_, at)) in heard.iter().enumerate() {
            let took = at.duration_since(moments[event]);
            all.push(took);
            last[event] = last[event].max(took);
        }
    }
    let database = place.database();
    report.say(
        database,
        "subscribers that heard every event, once",
        Goal::All(SUBSCRIBERS as u64),
        whole as f64,
        &format!(" of {EVENTS} events"),
    );
    let (each, last) = (Spread::of(all), Spread::of(last));
    let more = |spread: &Spread| {
        format!(
            " at p95, {:.1} ms at p50, {:.1} ms at worst",
            spread.p50.as_secs_f64() * 1e3,
            spread.worst.as_secs_f64() * 1e3
        )
    };
    report.say(database, "from a request to a subscriber", Goal::ToldMs, each.p95.as_secs_f64(), &more(&each));
    report.say(database, "from a request to the last of 1,000", Goal::ToldMs, last.p95.as_secs_f64(), &more(&last));
    report.say(
        database,
        "memory of the server with 1,000 subscribers",
        Goal::ToldMb,
        listening,
        &format!(", {before:.1} MB before"),
    );
    server.stop().await
}
