//! Measurements for Prometheus: requests as they are answered, everything else at the moment of asking.

use std::sync::OnceLock;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use rempart_catalog::{CatalogError, JobFilter, PageRequest};
use rempart_model::{JobState, RunState};

use crate::state::AppState;

/// From a cached answer to a stuck one.
const SECONDS: &[f64] = &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// One recorder per process; whoever asks first installs it.
fn handle() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder =
            PrometheusBuilder::new().set_buckets(SECONDS).expect("the buckets are not empty").build_recorder();
        let handle = recorder.handle();
        // Fails where the process has a recorder already: then that one gets the numbers, and this one stays empty.
        let _ = metrics::set_global_recorder(recorder);
        metrics::describe_counter!("rempart_http_requests_total", "Requests answered, by route, method and status.");
        metrics::describe_histogram!("rempart_http_request_seconds", "Time to the answer's first byte, by route.");
        metrics::describe_gauge!("rempart_event_listeners", "Browsers that listen to events.");
        metrics::describe_gauge!("rempart_resident_bytes", "Memory of the server's process.");
        metrics::describe_gauge!("rempart_uptime_seconds", "Since the server started.");
        metrics::describe_gauge!("rempart_jobs", "Jobs that wait or are at work, by state.");
        metrics::describe_gauge!("rempart_runs_last_day", "Runs of the last 24 hours, by state.");
        metrics::describe_gauge!("rempart_catalog_up", "1 where the catalog answers.");
        metrics::describe_histogram!("rempart_catalog_ping_seconds", "Time of the catalog's sign of life.");
        handle
    })
}

/// Counts every request by its route's pattern: numbers in paths do not make new series.
pub async fn observe(request: Request, next: Next) -> Response {
    handle();
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let method = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    histogram!("rempart_http_request_seconds", "route" => route.clone()).record(began.elapsed().as_secs_f64());
    counter!("rempart_http_requests_total", "route" => route, "method" => method, "status" => status).increment(1);
    response
}

/// All measurements as text.
pub async fn render(state: &AppState) -> String {
    let handle = handle();
    gauge!("rempart_event_listeners").set(state.events.listeners() as f64);
    gauge!("rempart_resident_bytes").set(resident_bytes() as f64);
    let uptime = jiff::Timestamp::now().duration_since(state.started_at);
    gauge!("rempart_uptime_seconds").set(uptime.as_secs_f64());
    let began = Instant::now();
    let up = state.catalog.ping().await.is_ok();
    gauge!("rempart_catalog_up").set(if up { 1.0 } else { 0.0 });
    histogram!("rempart_catalog_ping_seconds").record(began.elapsed().as_secs_f64());
    if let Err(error) = count_work(state).await {
        tracing::warn!("cannot count jobs and runs: {error}");
    }
    handle.run_upkeep();
    handle.render()
}

/// Jobs that the queue still has to do with, and runs of the last day, by state.
async fn count_work(state: &AppState) -> Result<(), CatalogError> {
    let one = PageRequest::first(1);
    for &job_state in JobState::ACTIVE {
        let filter = JobFilter { states: vec![job_state], ..JobFilter::default() };
        let total = state.catalog.jobs(&filter, &one).await?.total;
        gauge!("rempart_jobs", "state" => job_state.as_str()).set(total as f64);
    }
    let yesterday = jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_hours(24)).unwrap_or_default();
    let runs = state.catalog.run_states_since(yesterday).await?;
    for &run_state in RunState::ALL {
        let count = runs.get(&run_state).copied().unwrap_or(0);
        gauge!("rempart_runs_last_day", "state" => run_state.as_str()).set(count as f64);
    }
    Ok(())
}

/// Of this process; 0 where the system does not tell.
#[must_use]
pub fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok())
        .unwrap_or(0);
    pages * rustix::param::page_size() as u64
}
