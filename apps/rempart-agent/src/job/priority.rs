//! How a job stands behind what else the machine does: set for its thread, and inherited by those that it starts.

use std::io;

use rempart_model::WorkPriority;

/// Of 19: still the tenth part of what a busy machine gives an ordinary program.
const NICE: libc::c_int = 10;

// From linux/ioprio.h, which libc leaves out.
const IOPRIO_WHO_PROCESS: libc::c_int = 1;
const IOPRIO_CLASS_SHIFT: libc::c_int = 13;
const IOPRIO_CLASS_BE: libc::c_int = 2;
const IOPRIO_CLASS_IDLE: libc::c_int = 3;
/// Of 0 to 7: the last.
const IOPRIO_LAST: libc::c_int = 7;

/// For the calling thread and those that it will start; others of the process go on as they were. Needs no right.
pub fn lower(priority: WorkPriority) -> io::Result<()> {
    match priority {
        WorkPriority::Normal => Ok(()),
        WorkPriority::Low => {
            // Batch: woken, it does not push others aside.
            schedule(libc::SCHED_BATCH)?;
            nice(NICE)?;
            disks(IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT | IOPRIO_LAST)
        }
        WorkPriority::Idle => {
            schedule(libc::SCHED_IDLE)?;
            disks(IOPRIO_CLASS_IDLE << IOPRIO_CLASS_SHIFT)
        }
    }
}

fn schedule(policy: libc::c_int) -> io::Result<()> {
    // SAFETY: all of it is plain numbers; zero is the only priority of these policies.
    let parameters = unsafe { std::mem::zeroed::<libc::sched_param>() };
    // SAFETY: the pointer is to a live value, and 0 is the calling thread.
    done(unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) })
}

fn nice(nice: libc::c_int) -> io::Result<()> {
    // SAFETY: plain numbers; on Linux 0 is the calling thread. C libraries differ in the type of the first.
    let stands = unsafe { libc::getpriority(libc::PRIO_PROCESS as _, 0) };
    if stands >= nice {
        return Ok(());
    }
    // SAFETY: as above.
    done(unsafe { libc::setpriority(libc::PRIO_PROCESS as _, 0, nice) })
}

fn disks(priority: libc::c_int) -> io::Result<()> {
    // SAFETY: plain numbers; 0 is the calling thread.
    let answer = unsafe { libc::syscall(libc::SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, priority) };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn done(answer: libc::c_int) -> io::Result<()> {
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Policy, niceness and disk priority of the calling thread.
    fn standing() -> (libc::c_int, i64, i64) {
        // SAFETY: plain numbers; 0 is the calling thread.
        let (policy, disks) =
            unsafe { (libc::sched_getscheduler(0), libc::syscall(libc::SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0)) };
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let nice = stat.rsplit_once(") ").unwrap().1.split(' ').nth(16).unwrap().parse().unwrap();
        (policy, nice, disks)
    }

    /// As a thread sees it that a thread of this priority started.
    fn below(priority: WorkPriority) -> (libc::c_int, i64, i64) {
        let job = move || {
            lower(priority).unwrap();
            std::thread::spawn(standing).join().unwrap()
        };
        std::thread::spawn(job).join().unwrap()
    }

    #[test]
    fn a_job_and_its_threads_stand_back_and_nothing_else_does() {
        let before = standing();
        let (policy, nice, disks) = below(WorkPriority::Low);
        assert_eq!((policy, nice), (libc::SCHED_BATCH, before.1.max(NICE.into())));
        assert_eq!(disks, i64::from(IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT | IOPRIO_LAST));
        let (policy, _, disks) = below(WorkPriority::Idle);
        assert_eq!((policy, disks), (libc::SCHED_IDLE, i64::from(IOPRIO_CLASS_IDLE << IOPRIO_CLASS_SHIFT)));
        assert_eq!(below(WorkPriority::Normal), before);
        assert_eq!(standing(), before, "the agent itself");
    }
}
