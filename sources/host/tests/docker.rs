//! A real Docker engine, started for the test without any network, and asked over its socket.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rempart_host::capability::docker_at;
use tempfile::TempDir;

/// One that ends with the test.
struct Engine {
    child: Child,
    folder: TempDir,
}

impl Engine {
    fn start() -> Self {
        let folder = TempDir::with_prefix("rempart-docker-").expect("a temporary folder");
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let path = |name: &str| folder.path().join(name);
        let child = Command::new("unshare")
            .args(["--net", "--", "dockerd", "--bridge", "none", "--iptables=false", "--ip6tables=false"])
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
