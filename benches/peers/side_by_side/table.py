"""From figures to one markdown table."""

import datetime
import json
import os
import platform

from . import measure
from .goals import GOALS, LEAN, PEERS

TITLES = {
    "first": "first backup", "unchanged": "unchanged second backup", "changed": "1 % of the pages changed",
    "restore": "restore", "check": "check, all data read", "prune": "forget and prune half of the snapshots",
}
SUBJECTS = {
    "usr": "copy of /usr", "random": "random data, one file", "small": "small files",
    "pgdata": "PostgreSQL data", "history": "50 snapshots",
}
COLUMNS = {"rempart": "rempart", "restic": "restic", "rustic": "rustic", "borg": "borg",
           "tar": "`tar \\| zstd -3 -T2`", "cp": "`cp -a`"}


def merge(path, results, versions, add):
    """Keeps these results with those of earlier runs. A row is of one run: all its tools are replaced, for figures of
    different hours must not be compared. With `add`, for a row that takes too long at once: other tools stay, and the
    same version of a tool gets more rounds."""
    kept = json.loads(path.read_text()) if path.exists() else {"figures": {}}
    if not add:
        for work, corpus, _ in results.runs:
            kept["figures"][f"{work} {corpus}"] = {}
    for (work, corpus, tool), runs in results.runs.items():
        row = kept["figures"].setdefault(f"{work} {corpus}", {})
        known = row.get(tool, {"version": None})
        if known["version"] != versions[tool]:
            known = {"version": versions[tool], "runs": []}
        known["runs"] += [[run.wall_seconds, run.cpu_seconds, run.peak_bytes] for run in runs]
        known["stored"] = results.stored.get((work, corpus, tool))
        row[tool] = known
    kept["machine"] = machine()
    path.write_text(json.dumps(kept, indent=1))
    return kept


def figures_of(row):
    """Tool → its figures over all rounds."""
    figures = {}
    for tool, known in row.items():
        middle = measure.middle([measure.Run(*run) for run in known["runs"]])
        figures[tool] = {
            "wall": middle.wall_seconds, "cpu": middle.cpu_seconds, "peak": middle.peak_bytes,
            "stored": known["stored"], "rounds": len(known["runs"]),
        }
    return figures


def versions_of(kept):
    """Tool → every version that a figure is of."""
    versions = {}
    for row in kept["figures"].values():
        for tool, known in row.items():
            versions.setdefault(tool, set()).add(known["version"])
    return {tool: sorted(versions[tool]) for tool in COLUMNS if tool in versions}


def machine():
    with open("/proc/cpuinfo") as info:
        model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "unknown")
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return f"{len(os.sched_getaffinity(0))} cores of {model}, {memory_bytes / 2**30:.0f} GiB, {platform.release()}; {today}"


def render(kept):
    lines = [
        "# Beside the peers", "",
        "Made by `benches/peers/run`; do not edit. Each cell: wall seconds (median of the rounds), processor seconds, peak "
        "memory (the highest), after a backup the size of the repository, and how many rounds. Warm cache, every tool at "
        "its defaults.", "",
        f"Machine: {kept['machine']}.", "",
    ]
    lines += [f"- {COLUMNS[tool]}: {'; '.join(versions)}" for tool, versions in versions_of(kept).items()]
    lines += ["", "| work | " + " | ".join(COLUMNS.values()) + " | × the fastest peer | × `tar \\| zstd` time | goals |"]
    lines += ["|---" * (len(COLUMNS) + 4) + "|"]
    order = {f"{work} {corpus}": None for corpus in SUBJECTS for work in TITLES}
    for key in order:
        if key in kept["figures"]:
            lines.append(row(key, figures_of(kept["figures"][key])))
    return "\n".join(lines) + "\n"


def row(key, figures):
    work, corpus = key.split(" ")
    cells = [f"{TITLES[work]}: {SUBJECTS[corpus]}"] + [cell(figures.get(tool)) for tool in COLUMNS]
    faster, of_tar = ratios(figures)
    cells += [f"{faster:.2f}" if faster else "", f"{of_tar:.2f}" if of_tar else ""]
    cells.append("<br>".join(verdicts((work, corpus), figures, faster, of_tar)))
    return "| " + " | ".join(cells) + " |"


def cell(figure):
    if figure is None:
        return ""
    text = f"**{figure['wall']:.2f} s**, {figure['cpu']:.1f} cpu, {figure['peak'] / 1e6:.0f} MB"
    text += f", stores {figure['stored'] / 1e6:.0f} MB" if figure["stored"] is not None else ""
    return f"{text} ({figure['rounds']})"


def ratios(figures):
    """How many times as fast as the fastest peer, and how many times the time of tar."""
    ours = figures.get("rempart")
    peers = [figures[peer]["wall"] for peer in PEERS if peer in figures]
    faster = min(peers) / ours["wall"] if ours and peers else None
    of_tar = ours["wall"] / figures["tar"]["wall"] if ours and "tar" in figures else None
    return faster, of_tar


def verdicts(key, figures, faster, of_tar):
    goal = GOALS.get(key)
    ours = figures.get("rempart")
    said = []
    if goal and faster is not None:
        said.append(verdict(faster >= goal.faster, f"≥ {goal.faster:g} × the fastest"))
    if goal and goal.of_tar and of_tar is not None:
        said.append(verdict(of_tar <= goal.of_tar, f"≤ {goal.of_tar:g} × tar"))
    for peer, most in goal.stored.items() if goal and ours else ():
        if peer in figures:
            said.append(verdict(ours["stored"] <= most * figures[peer]["stored"], f"stores ≤ {most:g} × {peer}"))
    lean = [figures[peer]["peak"] for peer in LEAN if peer in figures]
    if ours and lean:
        said.append(verdict(ours["peak"] <= min(lean), f"memory ≤ {min(lean) / 1e6:.0f} MB"))
    return said


def verdict(met, text):
    return f"{'met' if met else '**missed**'}: {text}"
