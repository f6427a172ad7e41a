"""One run of one program: wall clock, processor seconds, peak memory."""

import os
import statistics
import subprocess
import time
from dataclasses import dataclass


@dataclass
class Run:
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


def run(argv, env, cwd, log):
    """Runs a program (not a shell) to its end; ends the bench when it fails, for then its time says nothing.

    Processor time and peak memory are the kernel's, for the program and the children it waited for. The peak is that of
    the largest process, and never below this interpreter's own (some 15 MB), from which the program was started.
    """
    os.sync()
    with open(log, "wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [os.fspath(word) for word in argv],
            env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_seconds = time.perf_counter() - started
    # Popen must not wait again for what has been waited for.
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        with open(log, errors="replace") as output:
            tail = "".join(output.readlines()[-15:])
        raise SystemExit(f"{' '.join(map(str, argv))}\nended with {process.returncode}:\n{tail}")
    return Run(wall_seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def together(runs):
    """Several programs that do one work one after the other."""
    return Run(sum(r.wall_seconds for r in runs), sum(r.cpu_seconds for r in runs), max(r.peak_bytes for r in runs))


def middle(runs):
    """The median of each figure over the rounds; of the peaks, the highest."""
    return Run(
        statistics.median(r.wall_seconds for r in runs),
        statistics.median(r.cpu_seconds for r in runs),
        max(r.peak_bytes for r in runs),
    )


def stored_bytes(folder):
    """Bytes of all files below a folder, or of one file."""
    if os.path.isfile(folder):
        return os.path.getsize(folder)
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names)


def entries(folder):
    """How many names lie below a folder. Counted by another process: what this one ever held counts as the peak of
    every program it starts."""
    listing = subprocess.run(["find", folder, "-mindepth", "1", "-printf", "."], check=True, stdout=subprocess.PIPE)
    return len(listing.stdout)
