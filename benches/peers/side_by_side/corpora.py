"""The data to back up, built once and deterministically."""

import os
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = ["usr", "random", "small", "pgdata", "history"]

# Also the seed of every generator here: a new number means new corpora.
EDITION = 1
PAGE_BYTES = 8192


@dataclass(frozen=True)
class Scale:
    name: str
    usr: str
    random_bytes: int
    small_files: int
    pgbench_scale: int
    history_files: int
    history_snapshots: int
    # ext4 leaves the number of a deleted inode alone for a minute, and passes over every such one whenever it makes a
    # file: who restores after a large removal would pay for it with most of the time.
    inode_rest_seconds: int


FULL = Scale("full", "/usr", 3_000_000_000, 400_000, 134, 2_000, 50, 65)
QUICK = Scale("quick", "/usr/include", 60_000_000, 4_000, 2, 100, 6, 0)


def build(name, scale, place):
    """The folder of a corpus; built when it is not there yet."""
    folder = place / "corpora" / f"{scale.name}-{EDITION}" / name
    # The marker lies beside the folder: inside it would be backed up.
    marker = folder.with_suffix(".complete")
    if not marker.exists():
        print(f"building corpus {name} ({scale.name})", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        # In a child: a large buffer in this process would count as the first memory of every tool it starts.
        child = os.fork()
        if child == 0:
            status = 1
            try:
                BUILDERS[name](folder, scale)
                status = 0
            finally:
                os._exit(status)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
            raise SystemExit(f"corpus {name} could not be built")
        marker.touch()
    return folder


def build_usr(folder, scale):
    # cp fails on what vanishes meanwhile; nothing may be missing in silence.
    subprocess.run(["cp", "-a", scale.usr, folder], check=True)


def build_random(folder, scale):
    folder.mkdir()
    generator = random.Random(f"random {EDITION}")
    with open(folder / "random.bin", "wb") as file:
        left = scale.random_bytes
        while left > 0:
            some = min(left, 1 << 24)
            file.write(generator.randbytes(some))
            left -= some


def build_small(folder, scale):
    """Files of 0.2 to 3 KB of text that compresses like text, some 50 to a folder, three levels deep."""
    generator = random.Random(f"small {EDITION}")
    phrases = text_phrases(generator)
    areas = ["api", "assets", "billing", "core", "docs", "exports", "i18n", "jobs", "lib", "mail", "tests", "vendor"]
    kinds = [".css", ".html", ".js", ".json", ".md", ".php", ".py", ".txt", ".xml", ".yml"]
    written = 0
    while written < scale.small_files:
        area = generator.choice(areas)
        branch = folder / area / f"{phrases[generator.randrange(4096)].split()[0]}-{generator.randrange(40):02}"
        leaf = branch / f"{generator.randrange(1 << 20):05x}"
        if leaf.exists():
            continue
        leaf.mkdir(parents=True)
        for number in range(min(generator.randrange(5, 96), scale.small_files - written)):
            size_bytes = generator.randrange(200, 3001)
            text = " ".join(generator.choices(phrases, k=size_bytes // 10 + 1))[:size_bytes]
            name = f"{text.split()[1]}-{number:02}{generator.choice(kinds)}"
            (leaf / name).write_text(text)
            written += 1


def text_phrases(generator):
    """65,536 phrases of two words, common words more often than rare ones."""
    syllables = [a + b for a in "bcdfghlmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er", "is", "on", "ent")]
    words = ["".join(generator.choices(syllables, k=generator.choice((1, 2, 2, 3, 3, 4)))) for _ in range(6000)]
    weights = [1 / (rank + 10) for rank in range(len(words))]
    drawn = generator.choices(words, weights, k=2 * 65536)
    ends = ["", "", "", "", ",", ".", ";", "\n", " =", " {"]
    return [f"{drawn[2 * i]} {drawn[2 * i + 1]}{generator.choice(ends)}" for i in range(65536)]


def build_pgdata(folder, scale):
    """A PostgreSQL data folder of a stopped server: initdb, then pgbench -i."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not binaries:
        raise SystemExit("corpus pgdata needs PostgreSQL's server: apt-get install postgresql")
    programs = binaries[-1].parent
    folder.mkdir()
    shutil.chown(folder, "postgres", "postgres")
    # The server's user may not enter the folders above: it works from inside.
    socket = f"/tmp/rempart-bench-{os.getpid()}"
    os.mkdir(socket)
    shutil.chown(socket, "postgres", "postgres")

    def as_postgres(program, *words):
        argv = ["runuser", "-u", "postgres", "--", programs / program, *words]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=socket)

    inside = Path(socket) / "data"
    try:
        as_postgres("initdb", "-D", inside, "--no-sync", "--encoding=UTF8", "--locale=C")
        server = f"-c listen_addresses='' -c unix_socket_directories={socket} -c fsync=off -c max_wal_size=256MB"
        as_postgres("pg_ctl", "-D", inside, "-w", "-o", server, "start")
        try:
            pgbench = ["-h", socket, "-i", "-s", str(scale.pgbench_scale), "-q", "postgres"]
            as_postgres("pgbench", *pgbench)
        finally:
            as_postgres("pg_ctl", "-D", inside, "-w", "-m", "fast", "stop")
        folder.rmdir()
        shutil.move(inside, folder)
    finally:
        shutil.rmtree(socket, ignore_errors=True)


def flip_pages(folder):
    """Changes one page in a hundred of the tables, some bytes in each. Done twice, it changes nothing."""
    generator = random.Random(f"pages {EDITION}")
    for table in sorted(path for path in (folder / "base").rglob("*") if path.is_file()):
        pages = table.stat().st_size // PAGE_BYTES
        chosen = generator.sample(range(pages), pages // 100)
        with open(table, "r+b") as file:
            for page in chosen:
                place = page * PAGE_BYTES + generator.randrange(24, PAGE_BYTES - 200)
                file.seek(place)
                old = file.read(120)
                mask = generator.randbytes(len(old))
                file.seek(place)
                file.write(bytes(a ^ b for a, b in zip(old, mask)))


def build_history(folder, scale):
    """A folder that lives: `next_state` changes some of its files. Some 600 MB of half compressible data."""
    folder.mkdir()
    for number in range(scale.history_files):
        write_version(folder, number, 0)


def next_state(folder, scale, state):
    """The state after `state` days: one file in 25 differs from the day before."""
    generator = random.Random(f"history {EDITION} {state}")
    for number in generator.sample(range(scale.history_files), scale.history_files // 25):
        write_version(folder, number, state)


def write_version(folder, number, version):
    generator = random.Random(f"file {EDITION} {number}")
    size_bytes = generator.randrange(10_000, 600_000)
    path = folder / f"{number % 50:02}" / f"file-{number:05}.dat"
    path.parent.mkdir(exist_ok=True)
    generator = random.Random(f"file {EDITION} {number} {version}")
    half = generator.randbytes(size_bytes // 2)
    path.write_bytes(half + half[: size_bytes // 4].hex().encode())


def warm(folder):
    """Reads a tree once, so that every tool finds it in the page cache."""
    # Through a pipe: to /dev/null itself, tar writes no file's content and reads none.
    reader = subprocess.Popen(["tar", "-c", "-C", folder, "."], stdout=subprocess.PIPE)
    while reader.stdout.read1(1 << 20):
        pass
    if reader.wait() != 0:
        raise SystemExit(f"tar could not read {folder}")


BUILDERS = {
    "usr": build_usr,
    "random": build_random,
    "small": build_small,
    "pgdata": build_pgdata,
    "history": build_history,
}
