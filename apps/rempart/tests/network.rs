//! The options for repositories behind a network, against real servers of tests/lab.

#[path = "../../../engine/storage/tests/servers/lab.rs"]
mod lab;
mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use lab::Server;
use support::{Ran, World};

fn on(world: &World, place: &str, arguments: &[&str]) -> Ran {
    let mut command = world.command();
    command.env("REMPART_REPOSITORY", place).args(arguments);
    Ran::of(&mut command)
}

fn rest(server: &Server, user: &str) -> String {
    format!("rest:{}://{user}{}/repo/", server.text("scheme"), server.text("address"))
}

const USER: &str = "lab:se%3Acr%40t@";

#[test]
fn a_server_with_a_certificate_of_its_own_is_trusted_when_told_to() {
    let (server, world) = (Server::start("rclone", &["tls"]), World::empty());
    let (place, authority) = (rest(&server, USER), server.text("ca_file"));
    // Without it the refusal says which option there is
    let refused = on(&world, &place, &["init"]);
    assert_ne!(refused.code, 0);
    refused.says("--cacert");
    // With the option, or the environment
    on(&world, &place, &["init", "--cacert", &authority]).succeeds();
    let source = world.small_tree();
    on(&world, &place, &["backup", source.to_str().unwrap(), "--cacert", &authority]).succeeds();
    let mut command = world.command();
    command.env("REMPART_REPOSITORY", &place).env("REMPART_CACERT", &authority).args(["snapshots", "--json"]);
    assert_eq!(Ran::of(&mut command).succeeds().summary()["snapshots"], 1);
    // A file that is not there is no reason to go on without
    let refused = on(&world, &place, &["snapshots", "--cacert", "missing.pem"]);
    assert_ne!(refused.code, 0);
    refused.says("missing.pem");
}

#[test]
fn user_and_password_come_from_the_environment_and_are_never_shown() {
    let (server, world) = (Server::start("rclone", &[]), World::empty());
    let place = rest(&server, "");
    let run = |password: &str, arguments: &[&str]| {
        let mut command = world.command();
        command.env("REMPART_REPOSITORY", &place).args(arguments);
        command.env("REMPART_REST_USERNAME", "lab").env("REMPART_REST_PASSWORD", password);
        Ran::of(&mut command)
    };
    run("se:cr@t", &["init"]).succeeds();
    let refused = run("other-secret", &["snapshots", "-vv"]);
    assert_ne!(refused.code, 0);
    assert!(!format!("{}{}", refused.text(), refused.stderr).contains("other-secret"), "{}", refused.stderr);
    run("se:cr@t", &["snapshots"]).succeeds();
}

/// Not how fast it is: how slow. Noise cannot be compressed, so all of it is on the way, and a limit may let a tenth of a
/// second's worth pass ahead of its time: what takes less was not limited.
#[test]
fn transfers_keep_to_their_limits() {
    const NOISE_KIB: usize = 4096;
    const KIB_PER_SECOND: &str = "1024";
    let due = Duration::from_millis(3900);
    let (server, world) = (Server::start("rclone", &[]), World::empty());
    let place = rest(&server, USER);
    on(&world, &place, &["init"]).succeeds();
    let mut state = 1u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    });
    let source = world.write("noise", noise.take(NOISE_KIB << 10).collect::<Vec<u8>>());
    let timed = |arguments: &[&str]| {
        let began = Instant::now();
        on(&world, &place, arguments).succeeds();
        began.elapsed()
    };
    let up = timed(&["backup", source.to_str().unwrap(), "--limit-upload", KIB_PER_SECOND]);
    assert!(up >= due, "{NOISE_KIB} KiB went up at {KIB_PER_SECOND} KiB/s in {up:?}");
    let down = timed(&["check", "--read-data", "--limit-download", KIB_PER_SECOND, "--no-cache"]);
    assert!(down >= due, "{NOISE_KIB} KiB came down at {KIB_PER_SECOND} KiB/s in {down:?}");
    let target = world.path("restored");
    let target = target.to_str().unwrap();
    let down = timed(&["restore", "latest", "--target", target, "--limit-download", KIB_PER_SECOND, "--no-cache"]);
    assert!(down >= due, "{NOISE_KIB} KiB were restored at {KIB_PER_SECOND} KiB/s in {down:?}");
    on(&world, &place, &["snapshots", "--limit-upload", "fast"]).ends_with(2).says("--limit-upload");
}

#[test]
fn a_host_key_is_learnt_when_told_to_and_then_expected() {
    let (server, world) = (Server::start("sshd", &[]), World::empty());
    let ssh = world.path("home/.ssh");
    std::fs::create_dir(&ssh).unwrap();
    std::fs::copy(server.text("key_file"), ssh.join("id_ed25519")).unwrap();
    std::fs::set_permissions(ssh.join("id_ed25519"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let place =
        format!("sftp://{}@127.0.0.1:{}/{}/cli", server.text("user"), server.facts["port"], server.text("folder"));
    // A host that nobody vouched for is refused, with the way out
    let refused = on(&world, &place, &["init"]);
    assert_ne!(refused.code, 0);
    refused.says("--accept-new-host-key");
    on(&world, &place, &["init", "--accept-new-host-key"]).succeeds();
    // From now on it is known, without the option
    on(&world, &place, &["backup", world.small_tree().to_str().unwrap()]).succeeds();
    on(&world, &place, &["check", "--read-data"]).succeeds();
    // Another key under the same name is refused even with it
    let known = std::fs::read_to_string(ssh.join("known_hosts")).unwrap();
    let (name, _) = known.trim().split_once(' ').unwrap();
    let other = format!("{name} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n");
    std::fs::write(ssh.join("known_hosts"), other).unwrap();
    let refused = on(&world, &place, &["snapshots", "--accept-new-host-key"]);
    assert_ne!(refused.code, 0, "{}", refused.text());
    refused.says("known_hosts");
}
