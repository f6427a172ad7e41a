//! A room with a catalog, a pool and a source of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use rempart_catalog::testing::Scratch;
use rempart_catalog::{RepositoryRow, ServerRow};
use rempart_crypto::KdfParams;
use rempart_model::PoolId;
use rempart_work::pool::{PoolPlace, PoolSecrets};
use rempart_work::repository::NewRepositoryRequest;
use rempart_work::{LocalMachine, MasterKey, SecretText, Work, WorkSettings};

pub struct Room {
    pub work: Arc<Work>,
    pub server: ServerRow,
    pub folder: PathBuf,
}

impl Room {
    /// Everything but pools, in the scratch's folder.
    pub async fn new(scratch: &Scratch) -> Self {
        let folder = scratch.folder().canonicalize().unwrap();
        let key = MasterKey::open_or_create(&folder).expect("a master key");
        let machine = LocalMachine { host_name: "lab-1".to_owned(), os: None, address: None };
        let settings = settings(&folder, machine);
        let work = Work::new(scratch.catalog().await, Arc::new(key), settings);
        let id = work.start().await.expect("a fresh room starts");
        let server = work.catalog.server(id).await.unwrap();
        Self { work, server, folder }
    }

    /// The same data directory, opened by another process.
    pub async fn again(&self, scratch: &Scratch) -> Arc<Work> {
        let key = MasterKey::open(&self.folder).expect("the master key");
        let machine = LocalMachine { host_name: "lab-1".to_owned(), os: None, address: None };
        Work::new(scratch.catalog().await, Arc::new(key), settings(&self.folder, machine))
    }

    pub fn local(&self, name: &str) -> PoolPlace {
        PoolPlace::Local { path: self.folder.join(name).display().to_string() }
    }

    pub async fn pool(&self, name: &str) -> PoolId {
        let made = self.work.create_pool(name, self.local(name), PoolSecrets::default()).await;
        made.unwrap_or_else(|trouble| panic!("the pool {name}: {trouble}")).id
    }

    pub fn request(&self, pool: PoolId, name: &str, adopt: Option<&str>) -> NewRepositoryRequest {
        NewRepositoryRequest {
            name: name.to_owned(),
            pool_id: pool,
            server_id: self.server.id,
            adopt_password: adopt.map(SecretText::new),
        }
    }

    pub async fn repository(&self, pool: PoolId, name: &str) -> RepositoryRow {
        let made = self.work.create_repository(self.request(pool, name, None)).await;
        made.unwrap_or_else(|trouble| panic!("the repository {name}: {trouble}"))
    }
}

fn settings(folder: &Path, machine: LocalMachine) -> WorkSettings {
    WorkSettings { kdf: KdfParams::INSECURE_FOR_TESTS, machine, ..WorkSettings::in_directory(folder) }
}

/// The newest restic that the lab has, else the system's.
pub fn restic(repository: &Path, password: &str, arguments: &[&str]) -> Output {
    let newest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/peers/restic");
    let program = if newest.exists() { newest } else { PathBuf::from("restic") };
    Command::new(&program)
        .args(["--no-cache", "-r"])
        .arg(repository)
        .args(arguments)
        .env("RESTIC_PASSWORD", password)
        .output()
        .unwrap_or_else(|error| panic!("{} does not start ({error}); run tests/lab/peers.sh restic", program.display()))
}

pub fn restic_ok(repository: &Path, password: &str, arguments: &[&str]) -> String {
    let output = restic(repository, password, arguments);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "restic {arguments:?}: {out}{err}");
    out.into_owned()
}

/// A folder of a few files, some of which are alike.
pub fn make_source(folder: &Path, files: usize) {
    for at in 0..files {
        let path = folder.join(format!("part {}/file-{at}.txt", at % 3));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("content {at} ").repeat(at * 37 % 1000 + 1)).unwrap();
    }
    std::os::unix::fs::symlink("part 0", folder.join("link")).unwrap();
}
