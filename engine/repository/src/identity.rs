//! Who we are, as keys and locks record it.

/// This process, on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub hostname: String,
    pub username: String,
    pub pid: i64,
    pub uid: u32,
    pub gid: u32,
}

impl Identity {
    pub(crate) fn of_this_process() -> Self {
        let uid = rustix::process::getuid().as_raw();
        Self {
            hostname: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            username: username(uid),
            pid: i64::from(rustix::process::getpid().as_raw_nonzero().get()),
            uid,
            gid: rustix::process::getgid().as_raw(),
        }
    }
}

/// The name that /etc/passwd gives the user; the number where it knows none.
fn username(uid: u32) -> String {
    let passwd = std::fs::read("/etc/passwd").unwrap_or_default();
    name_in(&String::from_utf8_lossy(&passwd), uid).unwrap_or_else(|| uid.to_string())
}

fn name_in(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

/// Whether a process of this machine certainly does not run any more.
pub(crate) fn is_dead(pid: i64) -> bool {
    let Some(pid) = i32::try_from(pid).ok().filter(|pid| *pid > 0).and_then(rustix::process::Pid::from_raw) else {
        return false;
    };
    rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nbroken\nbackup:x:34:34::/:/sbin/nologin\n";
        assert_eq!(name_in(passwd, 0).as_deref(), Some("root"));
        assert_eq!(name_in(passwd, 34).as_deref(), Some("backup"));
        assert_eq!(name_in(passwd, 35), None);
    }

    #[test]
    fn this_process_lives_and_one_that_ended_is_dead() {
        assert!(!is_dead(Identity::of_this_process().pid), "this very process counts as dead");
        let mut child = std::process::Command::new("true").spawn().expect("/usr/bin/true runs");
        let pid = i64::from(child.id());
        child.wait().expect("it ends");
        assert!(is_dead(pid), "a process that was waited for counts as alive");
        for strange in [0, -1, i64::MAX] {
            assert!(!is_dead(strange), "nothing is known about pid {strange}");
        }
    }
}
