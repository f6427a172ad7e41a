//! One reader of the catalog's events for all browsers of this process.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use parking_lot::Mutex;
use rempart_catalog::{Catalog, Event, Events, Topic};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// An event as it goes over the wire: one text for all who hear it.
#[derive(Debug)]
pub struct Published {
    pub seq: i64,
    pub topic: Topic,
    /// What it is about.
    pub id: i64,
    pub text: Utf8Bytes,
}

/// How many events a slow browser may be behind before it is told to ask anew.
const QUEUE: usize = 2048;
/// How many events are remembered for browsers that come back.
const REMEMBERED: usize = 2048;
/// After the catalog did not answer.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// What a browser's task is told.
#[derive(Debug, Clone)]
pub enum Signal {
    Event(Arc<Published>),
    /// Events were lost before they were read: ask for everything again. With the number to go on from.
    Reset(i64),
}

/// Where browsers listen.
pub struct Hub {
    sender: broadcast::Sender<Signal>,
    past: Mutex<Past>,
}

/// What was published last.
#[derive(Default)]
struct Past {
    events: VecDeque<Arc<Published>>,
    /// The number of the newest event.
    last_seq: i64,
    /// Everything behind this number is in `events`.
    complete_after: i64,
}

/// What somebody who comes back has not heard.
pub enum Missed {
    Events(Vec<Arc<Published>>),
    /// Too long ago to be told: ask for everything again.
    TooMuch,
}

impl Default for Hub {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(QUEUE), past: Mutex::default() }
    }
}

impl Hub {
    /// From now on nothing is missed: what came between `after` and now, the newest number, and what comes next.
    pub fn subscribe(&self, after: Option<i64>) -> (broadcast::Receiver<Signal>, i64, Missed) {
        let past = self.past.lock();
        let receiver = self.sender.subscribe();
        let missed = match after {
            None => Missed::Events(Vec::new()),
            // A number from the future: another catalog, or one that was put back.
            Some(after) if after < past.complete_after || after > past.last_seq => Missed::TooMuch,
            Some(after) => Missed::Events(past.events.iter().filter(|event| event.seq > after).cloned().collect()),
        };
        (receiver, past.last_seq, missed)
    }

    /// The number of browsers that listen.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.sender.receiver_count()
    }

    /// Begins behind this event.
    fn begin(&self, seq: i64) {
        let mut past = self.past.lock();
        past.last_seq = seq;
        past.complete_after = seq;
    }

    pub fn publish(&self, event: &Event) {
        // An event is plain JSON: it was read from JSON.
        let text = serde_json::to_string(event).unwrap_or_default();
        let published = Arc::new(Published { seq: event.seq, topic: event.topic, id: event.id, text: text.into() });
        let mut past = self.past.lock();
        past.last_seq = event.seq;
        past.events.push_back(published.clone());
        if past.events.len() > REMEMBERED
            && let Some(oldest) = past.events.pop_front()
        {
            past.complete_after = oldest.seq;
        }
        // Under the lock, so that a subscriber gets each event once. Nobody listening is no error.
        let _ = self.sender.send(Signal::Event(published));
    }

    /// Events before this number were lost to this process.
    fn reset(&self, seq: i64) {
        let mut past = self.past.lock();
        *past = Past { events: VecDeque::new(), last_seq: seq, complete_after: seq };
        let _ = self.sender.send(Signal::Reset(seq));
    }
}

/// Reads the catalog's events and publishes them, until `stop`: 1. from the newest number on; 2. what is there is
/// published; 3. it waits until something may be there.
pub async fn pump(hub: Arc<Hub>, catalog: Catalog, stop: CancellationToken) {
    let begin = loop {
        match catalog.last_event_seq().await {
            Ok(seq) => break seq,
            Err(error) => tracing::warn!("cannot read events: {error}"),
        }
        if stop.run_until_cancelled(tokio::time::sleep(TRY_AGAIN)).await.is_none() {
            return;
        }
    };
    hub.begin(begin);
    let mut reader = catalog.event_reader(begin).await;
    loop {
        match reader.read().await {
            Ok(Events::Next(events)) => {
                for event in &events {
                    hub.publish(event);
                }
                if !events.is_empty() {
                    continue;
                }
            }
            Ok(Events::Reset) => hub.reset(reader.place()),
            Err(error) => {
                tracing::warn!("cannot read events: {error}");
                tokio::time::sleep(TRY_AGAIN).await;
            }
        }
        if stop.run_until_cancelled(reader.wait()).await.is_none() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: i64) -> Event {
        Event {
            seq,
            topic: Topic::Plans,
            kind: "changed".to_owned(),
            id: 7,
            data: serde_json::json!({}),
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn missed(hub: &Hub, after: Option<i64>) -> Option<Vec<i64>> {
        match hub.subscribe(after).2 {
            Missed::Events(events) => Some(events.iter().map(|event| event.seq).collect()),
            Missed::TooMuch => None,
        }
    }

    #[test]
    fn who_comes_back_hears_what_came_meanwhile_or_is_told_to_ask_anew() {
        let hub = Hub::default();
        hub.begin(10);
        for seq in 11..=13 {
            hub.publish(&event(seq));
        }
        assert_eq!(missed(&hub, None), Some(vec![]));
        assert_eq!(missed(&hub, Some(13)), Some(vec![]));
        assert_eq!(missed(&hub, Some(11)), Some(vec![12, 13]));
        assert_eq!(missed(&hub, Some(10)), Some(vec![11, 12, 13]));
        assert_eq!(missed(&hub, Some(9)), None, "older than this process");
        assert_eq!(missed(&hub, Some(14)), None, "from another catalog");
        for seq in 14..3000 {
            hub.publish(&event(seq));
        }
        assert_eq!(missed(&hub, Some(13)), None, "no longer remembered");
        assert_eq!(missed(&hub, Some(2998)), Some(vec![2999]));
        hub.reset(4000);
        assert_eq!(missed(&hub, Some(2999)), None, "lost");
        assert_eq!(missed(&hub, Some(4000)), Some(vec![]));
    }

    #[test]
    fn an_event_is_written_once_for_all() {
        let hub = Hub::default();
        let mut receivers: Vec<_> = (0..3).map(|_| hub.subscribe(None).0).collect();
        hub.publish(&event(1));
        let heard = |receiver: &mut broadcast::Receiver<Signal>| match receiver.try_recv().unwrap() {
            Signal::Event(event) => event,
            Signal::Reset(seq) => panic!("reset to {seq}"),
        };
        let texts: Vec<_> = receivers.iter_mut().map(heard).collect();
        assert!(texts.windows(2).all(|pair| Arc::ptr_eq(&pair[0], &pair[1])));
        assert_eq!(texts[0].text.as_str(), r#"{"seq":1,"topic":"plans","kind":"changed","id":7,"data":{}}"#);
        assert_eq!(hub.listeners(), 3);
    }
}
