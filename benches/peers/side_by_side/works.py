"""The works, and the order in which they are measured."""

import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from . import corpora, measure

WORKS = ["first", "unchanged", "changed", "restore", "check", "prune"]

# Which works are measured on which corpus.
ON = {
    "usr": ["first", "unchanged", "restore", "check"],
    "random": ["first", "restore"],
    "small": ["first", "unchanged", "restore", "check"],
    "pgdata": ["first", "changed"],
    "history": ["prune"],
}


class Results:
    """(work, corpus, tool) → its runs and the bytes its repository held afterwards."""

    def __init__(self):
        self.runs = {}
        self.stored = {}

    def add(self, work, corpus, tool, run, stored_bytes=None):
        self.runs.setdefault((work, corpus, tool.name), []).append(run)
        if stored_bytes is not None:
            self.stored[work, corpus, tool.name] = stored_bytes
        print(f"  {work:<10}{corpus:<8}{tool.name:<8}{run.wall_seconds:8.2f} s {run.cpu_seconds:8.2f} cpu s "
              f"{run.peak_bytes / 1e6:7.0f} MB", flush=True)


def measure_all(argvs, tool, home, cwd=None):
    env = tool.environment(home)
    return measure.together([measure.run(argv, env, cwd or home, home / "output.log") for argv in argvs])


def measure_works(options, chosen, scale, results):
    """Every work by every tool in turn, round after round, so that a slow minute of the machine hits all alike."""
    for name in options.corpus:
        wanted = [work for work in ON[name] if work in options.only]
        if not wanted:
            continue
        source = corpora.build(name, scale, options.place)
        for round_number in range(options.rounds):
            print(f"{name}, round {round_number + 1} of {options.rounds}", flush=True)
            is_last = (name, round_number + 1) == (options.corpus[-1], options.rounds)
            with homes(options.place, 0 if is_last else scale.inode_rest_seconds) as new_home:
                for tool in chosen:
                    if name == "history":
                        one_history(tool, new_home(), source, scale, results)
                    else:
                        one_life(tool, new_home(), name, source, wanted, results)


@contextmanager
def homes(place, rest_seconds):
    """Folders for the tools of a round. What they leave is removed only after the last of them, and has time to settle."""
    with tempfile.TemporaryDirectory(prefix="round-", dir=place) as folder:
        yield lambda: Path(tempfile.mkdtemp(prefix="run-", dir=folder))
    os.sync()
    time.sleep(rest_seconds)


def one_life(tool, home, name, source, wanted, results):
    """A repository from its first backup to its check; works that were not asked for are done only where needed."""
    if "first" in wanted or tool.backup(home, source) is not None:
        corpora.warm(source)
    if tool.backup(home, source) is not None:
        if tool.init(home):
            measure_all(tool.init(home), tool, home)
        run = measure_all(tool.backup(home, source), tool, home)
        if "first" in wanted:
            results.add("first", name, tool, run, measure.stored_bytes(tool.repository(home)))
    if tool.init(home) and "unchanged" in wanted:
        results.add("unchanged", name, tool, measure_all(tool.backup(home, source), tool, home))
    if tool.init(home) and "changed" in wanted:
        corpora.flip_pages(source)
        try:
            run = measure_all(tool.backup(home, source), tool, home)
        finally:
            corpora.flip_pages(source)
        results.add("changed", name, tool, run, measure.stored_bytes(tool.repository(home)))
    if "restore" in wanted:
        restore(tool, home, name, source, results)
    if "check" in wanted and tool.check(home) is not None:
        results.add("check", name, tool, measure_all(tool.check(home), tool, home))


def restore(tool, home, name, source, results):
    target = home / "restored"
    argvs = tool.restore(home, source, target)
    if argvs is None:
        return
    target.mkdir()
    run = measure_all(argvs, tool, home, cwd=target)
    # A restore that left out files would be fast.
    expected, found = (measure.entries(folder) for folder in (source, target))
    if expected != found:
        raise SystemExit(f"{tool.name} restored {found} entries of {expected} of {name}")
    results.add("restore", name, tool, run)


def one_history(tool, home, source, scale, results):
    """Many snapshots of a folder that lives, then half of them forgotten and their space freed."""
    keep = scale.history_snapshots // 2
    if tool.forget_and_prune(home, keep) is None:
        return
    living = home / "living"
    shutil.copytree(source, living)
    measure_all(tool.init(home), tool, home)
    for state in range(scale.history_snapshots):
        if state > 0:
            corpora.next_state(living, scale, state)
        measure_all(tool.backup(home, living), tool, home)
    run = measure_all(tool.forget_and_prune(home, keep), tool, home)
    results.add("prune", "history", tool, run, measure.stored_bytes(tool.repository(home)))
