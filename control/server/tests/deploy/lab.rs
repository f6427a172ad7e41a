//! A machine of the lab, a server beside it, an administrator in front of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rempart_model::{JobId, Role};
use rempart_server::admin::{self, NewUser};
use rempart_server::serve::{self, Ready};
use rempart_server::state::AppState;
use reqwest::{Certificate, Client};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::machine::Machine;
use crate::support::{self, PASSWORD, Person};

/// Long for a machine that others build on; nothing waits for it that goes well.
const PATIENCE: Duration = Duration::from_secs(180);

/// A machine, a server on its bridge, its administrator, and the machine's row.
pub struct Lab {
    pub machine: Machine,
    pub state: AppState,
    pub admin: Person,
    pub id: i64,
    pub folder: Arc<TempDir>,
    stop: CancellationToken,
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The agent that was built with the tests.
pub fn agent() -> PathBuf {
    if let Some(path) = std::env::var_os("REMPART_AGENT_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().unwrap();
    let beside = test.parent().and_then(Path::parent).unwrap().join("rempart-agent");
    assert!(beside.exists(), "{} is missing: cargo build --bin rempart-agent", beside.display());
    beside
}

impl Lab {
    pub async fn new() -> Self {
        Self::with("", &[]).await
    }

    pub async fn with(wish: &'static str, flags: &[(&str, &str)]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let machine = tokio::task::spawn_blocking(move || Machine::start(wish)).await.unwrap();
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let here = machine.server_address.clone();
        let mut all = vec![("listen", here.as_str()), ("backup_server_ip", here.as_str())];
        all.extend(flags);
        let settings = support::settings(&folder, &all);
        let stop = CancellationToken::new();
        let (tell, told) = oneshot::channel();
        let served = serve::serve(settings.clone(), stop.clone(), move |ready: &Ready| {
            let _ = tell.send(ready.clone());
        });
        tokio::spawn(async move { served.await.unwrap_or_else(|error| panic!("the server: {error:?}")) });
        let ready = told.await.expect("the server is ready");
        let state = serve::open(settings, stop.clone()).await.unwrap();
        let user = NewUser {
            name: "admin".to_owned(),
            role: Role::Administrator,
            password: PASSWORD.to_owned().into(),
            reset: false,
        };
        admin::create_user(&state, &user).await.unwrap();
        let certificate = std::fs::read(folder.path().join("tls/certificate.pem")).unwrap();
        let client = Client::builder()
            .tls_certs_only([Certificate::from_pem(&certificate).unwrap()])
            .cookie_store(true)
            .build()
            .unwrap();
        let mut admin = Person { client, url: ready.url.clone(), csrf: None, language: "en" };
        admin.sign_in("admin", PASSWORD, None).await;
        let made = admin.post("/api/servers", json!({ "name": "web-1", "address": machine.address })).await.expect(201);
        let id = made.body["id"].as_i64().unwrap();
        let lab = Self { machine, state, admin, id, folder, stop };
        lab.gives(&agent());
        lab
    }

    /// The program that is installed from now on.
    pub fn gives(&self, program: &Path) {
        let agents = self.folder.path().join("agents");
        std::fs::create_dir_all(&agents).unwrap();
        let place = agents.join(format!("rempart-agent-{}", std::env::consts::ARCH));
        let _ = std::fs::remove_file(&place);
        std::os::unix::fs::symlink(program, place).unwrap();
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/servers/{}{rest}", self.id)
    }

    /// The key that the machine shows, as a login accepts it.
    pub async fn host_key(&self) -> Value {
        let place = json!({ "address": self.machine.address });
        let shown = self.admin.post(&self.path("/ssh/host-key"), place).await.expect(200).body;
        json!({ "fingerprint": shown["fingerprint"], "kind": shown["kind"] })
    }

    /// Root and its password, for a host whose key is accepted.
    pub fn root(&self) -> Value {
        self.by("root", "lab password")
    }

    pub fn by(&self, user: &str, password: &str) -> Value {
        json!({ "address": self.machine.address, "user": user, "method": "password", "password": password })
    }

    /// The job, ended.
    pub async fn run(&self, action: &str, login: Value) -> Value {
        let job = self.begin(action, login).await;
        self.ended(job).await
    }

    pub async fn begin(&self, action: &str, login: Value) -> i64 {
        let answer = self.admin.post(&self.path(&format!("/agent/{action}")), login).await.expect(202);
        answer.body["jobId"].as_i64().unwrap()
    }

    pub async fn job(&self, job: i64) -> Value {
        self.admin.get(&format!("/api/jobs/{job}")).await.expect(200).body
    }

    pub async fn ended(&self, job: i64) -> Value {
        let ended = async || {
            let shown = self.job(job).await;
            let is_over = ["succeeded", "warning", "failed", "canceled"].iter().any(|state| shown["state"] == *state);
            is_over.then_some(shown)
        };
        let mut shown = self.until("the job ends", ended).await;
        let id = JobId::new(job);
        // Its credentials went with it.
        assert_eq!(self.state.catalog.job_secret(id).await.unwrap(), None);
        // For programs that read the catalog; people are shown the sentence.
        shown["code"] = json!(self.state.catalog.job(id).await.unwrap().code);
        shown
    }

    pub async fn until<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub async fn log(&self, job: i64) -> String {
        let page = self.admin.get(&format!("/api/jobs/{job}/log?limit=1000")).await.expect(200).body;
        page["items"].as_array().unwrap().iter().map(|line| format!("{}\n", line["text"].as_str().unwrap())).collect()
    }

    pub async fn connection(&self) -> Value {
        self.admin.get(&self.path("")).await.expect(200).body["connection"].clone()
    }

    /// The same as [`Self::ended`], which has to be a success.
    #[track_caller]
    pub fn succeeds(&self, job: i64) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            let ended = self.ended(job).await;
            assert_eq!(ended["state"], "succeeded", "{caller}: {ended}\n{}", self.log(job).await);
            ended
        }
    }

    /// Waits until a job says that it is at this step.
    pub async fn at_step(&self, job: i64, step: &str) {
        let at = async || {
            let shown = self.job(job).await;
            assert!(shown["endedAt"].is_null(), "it never came to the step {step}: {shown}");
            (shown["progress"]["step"] == step).then_some(())
        };
        self.until(&format!("the step {step}"), at).await;
    }

    /// Root and its password, with the key that the machine shows.
    pub async fn root_and_key(&self) -> Value {
        let mut login = self.root();
        login["hostKey"] = self.host_key().await;
        login
    }

    /// Installed by root, online.
    pub async fn installed(&self) {
        let login = self.root_and_key().await;
        let job = self.begin("install", login).await;
        self.succeeds(job).await;
    }
}

/// Failed with this code, and the machine as this word says.
#[track_caller]
pub fn failed(job: &Value, code: &str, left: &str) {
    assert_eq!(
        (&job["state"], &job["code"], &job["result"]["left"]),
        (&json!("failed"), &json!(code), &json!(left)),
        "{job}"
    );
}
