"""The tools, each as the commands that one would type. Everything at its defaults."""

import hashlib
import os
import subprocess
from pathlib import Path

NAMES = ["rempart", "restic", "rustic", "borg", "tar", "cp"]
PASSWORD = "a password for a bench"


class Tool:
    """What a tool runs for a work: a list of argument vectors, run one after the other. None: it has no such work.

    `home` is a folder of the run's own: the repository, caches and temporary files lie in it.
    """

    def __init__(self, name, program):
        self.name = name
        self.program = program

    def repository(self, home):
        return home / "repository"

    def environment(self, home):
        return {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "LC_ALL": "C.UTF-8"}

    def init(self, home):
        return []

    def backup(self, home, source):
        return None

    def restore(self, home, source, target):
        return None

    def check(self, home):
        return None

    def forget_and_prune(self, home, keep):
        return None

    def version(self):
        printed = subprocess.run([self.program, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        return printed.splitlines()[0]


class Rempart(Tool):
    def version(self):
        # The number does not change from commit to commit; the bytes of the program do.
        digest = hashlib.sha256(Path(self.program).read_bytes()).hexdigest()
        commit = os.environ.get("REMPART_COMMIT") or subprocess.run(
            ["git", "-C", Path(__file__).parent, "describe", "--always", "--dirty"],
            stdout=subprocess.PIPE, text=True, check=True,
        ).stdout.strip()
        return f"{super().version()}, commit {commit}, program {digest[:8]}"

    def environment(self, home):
        return super().environment(home) | {
            "REMPART_REPOSITORY": str(self.repository(home)),
            "REMPART_PASSWORD": PASSWORD,
            "REMPART_CACHE_DIR": str(home / "cache"),
        }

    def init(self, home):
        return [[self.program, "init"]]

    def backup(self, home, source):
        return [[self.program, "backup", "--quiet", source]]

    def restore(self, home, source, target):
        return [[self.program, "restore", "--quiet", f"latest:{source}", "--target", target]]

    def check(self, home):
        return [[self.program, "check", "--read-data"]]

    def forget_and_prune(self, home, keep):
        return [[self.program, "forget", "--keep-last", str(keep), "--prune"]]


class Restic(Rempart):
    def environment(self, home):
        return Tool.environment(self, home) | {
            "RESTIC_REPOSITORY": str(self.repository(home)),
            "RESTIC_PASSWORD": PASSWORD,
            "RESTIC_CACHE_DIR": str(home / "cache"),
        }

    def version(self):
        return subprocess.run([self.program, "version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


class Rustic(Rempart):
    def environment(self, home):
        return Tool.environment(self, home) | {
            "RUSTIC_REPOSITORY": str(self.repository(home)),
            "RUSTIC_PASSWORD": PASSWORD,
            "RUSTIC_CACHE_DIR": str(home / "cache"),
            "RUSTIC_NO_PROGRESS": "true",
        }

    def version(self):
        return Tool.version(self)

    def backup(self, home, source):
        return [[self.program, "backup", source]]

    def restore(self, home, source, target):
        return [[self.program, "restore", f"latest:{source}", target]]

    def forget_and_prune(self, home, keep):
        # Its default marks packs, and deletes them a day later: the work asked for here is to free the space.
        return [[self.program, "forget", "--keep-last", str(keep), "--prune", "--instant-delete"]]


class Borg(Tool):
    def environment(self, home):
        return super().environment(home) | {
            "BORG_REPO": str(self.repository(home)),
            "BORG_PASSPHRASE": PASSWORD,
            "BORG_BASE_DIR": str(home / "cache"),
        }

    def init(self, home):
        (home / "cache").mkdir(exist_ok=True)
        return [[self.program, "init", "--encryption", "repokey"]]

    def backup(self, home, source):
        return [[self.program, "create", "::{now:%Y-%m-%dT%H:%M:%S.%f}", source]]

    def restore(self, home, source, target):
        depth = len(Path(source).parts) - 1
        archive = subprocess.run(
            [self.program, "list", "--last", "1", "--short"],
            env=self.environment(home), stdout=subprocess.PIPE, text=True, check=True,
        ).stdout.strip()
        return [[self.program, "extract", f"--strip-components={depth}", f"::{archive}"]]

    def check(self, home):
        return [[self.program, "check", "--verify-data"]]

    def forget_and_prune(self, home, keep):
        # Its default leaves up to a tenth unused in each segment; the others leave a twentieth of the repository.
        return [[self.program, "prune", f"--keep-last={keep}"], [self.program, "compact", "--threshold", "5"]]


class Tar(Tool):
    """What one would type without a backup tool."""

    def repository(self, home):
        return home / "archive.tar.zst"

    def backup(self, home, source):
        # The words reach the shell as its arguments, not as its text.
        line = 'tar -C "$1" -c . | zstd -q -3 -T2 > "$2"'
        return [["bash", "-o", "pipefail", "-c", line, "bash", source, self.repository(home)]]

    def version(self):
        tar = subprocess.run(["tar", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[0]
        zstd = subprocess.run(["zstd", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip("* \n")
        return f"{tar}, {zstd}"


class Cp(Tool):
    """A bare copy: what a restore has to write anyway."""

    def restore(self, home, source, target):
        return [["cp", "-a", f"{source}/.", target]]

    def version(self):
        return subprocess.run(["cp", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[0]


KINDS = {"rempart": Rempart, "restic": Restic, "rustic": Rustic, "borg": Borg, "tar": Tar, "cp": Cp}


def choose(names, programs):
    return [KINDS[name](name, programs.get(name, name)) for name in names]


def versions(chosen):
    return {tool.name: tool.version() for tool in chosen}
