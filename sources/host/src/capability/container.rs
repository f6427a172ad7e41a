//! In which container a process is, by its control group: cgroups(7).

/// The id that the engine gave it: 64 hexadecimal digits in the name of its group, whatever stands around them
/// (`docker-ID.scope`, `libpod-ID.scope`, `/docker/ID`, `cri-containerd-ID.scope`).
pub fn of_cgroup(cgroup: &str) -> Option<String> {
    let paths = cgroup.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    let names = paths.flat_map(|path| path.rsplit('/')).flat_map(|name| name.split(['-', '.', ':']));
    let is_id = |name: &&str| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    names.into_iter().find(is_id).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_spellings_are_known() {
        let id = "3f".repeat(32);
        for cgroup in [
            format!("0::/system.slice/docker-{id}.scope\n"),
            format!("12:memory:/docker/{id}\n11:cpu:/\n"),
            format!("0::/machine.slice/libpod-{id}.scope/container\n"),
            format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{id}.scope\n"),
        ] {
            assert_eq!(of_cgroup(&cgroup).as_deref(), Some(&*id), "{cgroup}");
        }
        assert_eq!(of_cgroup("0::/system.slice/postgresql@15-main.service\n"), None);
        assert_eq!(of_cgroup(""), None);
    }
}
