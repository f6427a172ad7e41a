//! A real Docker engine, started for the test without any network, and asked over its socket.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rempart_host::capability::{Capabilities, DatabaseKind, Outcome, docker_at};
use tempfile::TempDir;

/// One that ends with the test.
struct Engine {
    child: Child,
    folder: TempDir,
}

impl Engine {
    /// Its containers reach nobody, and nobody them.
    fn start() -> Self {
        Self::with(&["--bridge", "none", "--iptables=false", "--ip6tables=false"])
    }

    /// Its containers are on a bridge, which leads nowhere.
    fn with_a_bridge() -> Self {
        Self::with(&[])
    }

    fn with(network: &[&str]) -> Self {
        let folder = TempDir::with_prefix("rempart-docker-").expect("a temporary folder");
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let path = |name: &str| folder.path().join(name);
        let child = Command::new("unshare")
            .args(["--net", "--", "sh", "-ec", "ip link set lo up; exec \"$@\"", "sh", "dockerd"])
            .args(network)
            .arg("--data-root")
            .arg(path("root"))
            .arg("--exec-root")
            .arg(path("exec"))
            .arg("--pidfile")
            .arg(path("pid"))
            .arg("--host")
            .arg(format!("unix://{}", path("docker.sock").display()))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("unshare");
        let engine = Self { child, folder };
        let until = Instant::now() + Duration::from_secs(60);
        while docker_at(&engine.socket()).problem.is_some() {
            let log = std::fs::read_to_string(engine.folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "Docker does not start; install the package docker.io:\n{log}");
            std::thread::sleep(Duration::from_millis(200));
        }
        engine
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    fn docker(&self, script: &str) {
        let host = format!("unix://{}", self.socket().display());
        let output = Command::new("sh").args(["-ec", script]).env("DOCKER_HOST", host).output().expect("sh");
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Asked to end, so that it takes down what it mounted: the folder goes with the test.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn containers_projects_volumes_and_networks_are_listed() {
    let engine = Engine::start();
    let empty = docker_at(&engine.socket());
    assert!(empty.version.is_some() && empty.containers.is_empty() && empty.projects.is_empty(), "{empty:?}");
    engine.docker(
        "tar -cf - -T /dev/null | docker import - empty:1
         docker volume create --label com.docker.compose.project=shop shop_data
         docker volume create left_over
         docker network create --internal --label com.docker.compose.project=shop shop_default
         docker create --name shop-db-1 --network none --label com.docker.compose.project=shop \
            --label com.docker.compose.service=db --label com.docker.compose.project.working_dir=/srv/shop \
            --label com.docker.compose.project.config_files=/srv/shop/a.yaml,/srv/shop/b.yaml -v shop_data:/d empty:1 /x
         docker create --name alone --network none empty:1 /x",
    );
    let found = docker_at(&engine.socket());
    assert_eq!(found.problem, None);
    let names: Vec<_> = found.containers.iter().map(|container| (&*container.name, &*container.state)).collect();
    assert_eq!((names.len(), names.contains(&("shop-db-1", "created"))), (2, true), "{names:?}");
    let [project] = &found.projects[..] else { panic!("{:?}", found.projects) };
    assert_eq!((&*project.name, project.containers, project.running), ("shop", 1, 0));
    assert_eq!(project.working_dir.as_deref(), Some("/srv/shop"));
    assert_eq!(project.config_files, ["/srv/shop/a.yaml", "/srv/shop/b.yaml"]);
    let volume = |name: &str| found.volumes.iter().find(|volume| volume.name == name).expect("a volume");
    assert_eq!((volume("shop_data").project.as_deref(), volume("shop_data").used), (Some("shop"), true));
    assert_eq!((volume("left_over").project.as_deref(), volume("left_over").used), (None, false));
    assert!(volume("shop_data").mount_point.as_deref().is_some_and(|path| Path::new(path).is_dir()));
    let network = found.networks.iter().find(|network| network.name == "shop_default").expect("a network");
    assert_eq!((&*network.driver, network.project.as_deref()), ("bridge", Some("shop")));
}

/// Debian's own program and its libraries, as an image that says what the official one says.
const REDIS: &str = r#"
    mkdir -p "$tree/data"
    for file in /usr/bin/redis-server $(ldd /usr/bin/redis-server | grep -o '/[^ ]*'); do
        cp --dereference --parents "$file" "$tree"
    done
    tar -C "$tree" -c . | docker import --change 'ENV REDIS_VERSION=7.0.15' --change 'WORKDIR /data' - shop/redis:7
    docker run --detach --name cache --publish 127.0.0.1:6399:6379 --env REDIS_PASSWORD=secret shop/redis:7 \
        /usr/bin/redis-server --protected-mode no --save ''
    docker run --detach --name apart --network none shop/redis:7 /usr/bin/redis-server --port 6380 --save ''
"#;

#[test]
fn databases_in_containers_are_found_with_their_version_and_the_port_that_leads_to_them() {
    let engine = Engine::with_a_bridge();
    let tree = engine.folder.path().join("tree");
    engine.docker(&format!("tree={}\n{REDIS}", tree.display()));
    let until = Instant::now() + Duration::from_secs(60);
    let (cache, apart) = loop {
        let found = Capabilities::read_beside(Some(docker_at(&engine.socket()))).unwrap();
        let named = |name: &str| {
            let mut databases = found.databases.iter().filter(|database| database.kind == DatabaseKind::Redis);
            databases
                .find(|database| database.container_name.as_deref() == Some(name) && database.port.is_some())
                .cloned()
        };
        if let (Some(cache), Some(apart)) = (named("cache"), named("apart")) {
            break (cache, apart);
        }
        assert!(Instant::now() < until, "{:?}", found.databases);
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!((cache.version.as_deref(), cache.running), (Some("7.0.15"), true));
    assert_eq!((cache.port, cache.published_port), (Some(6379), Some(6399)));
    assert_eq!(cache.data_dir, Some(rempart_host::HostPath::from("/data")));
    assert_eq!(cache.size_bytes, None, "nothing of this machine is taken for its data");
    // A password that it was given is told of; nobody tries it.
    let tried: Vec<_> = cache.access.iter().map(|access| access.outcome).collect();
    assert_eq!(tried, [Outcome::NotTried], "{:?}", cache.access);
    assert!(!format!("{cache:?}").contains("secret"), "{cache:?}");
    assert_eq!((apart.port, apart.published_port, apart.access.len()), (Some(6380), None, 0));
}

#[test]
fn a_socket_at_which_nobody_answers_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docker.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let began = Instant::now();
    assert!(docker_at(&path).problem.is_some(), "nobody has answered");
    assert!(began.elapsed() < Duration::from_secs(60), "it hung");
    drop(listener);
    assert!(docker_at(&path).problem.is_some_and(|problem| problem.contains("refused")));
}
