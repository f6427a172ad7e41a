"""What the project asks of itself: data, looked up by (work, corpus)."""

from dataclasses import dataclass, field

# The tools that a goal "faster than the fastest" looks at, and those whose memory is the mark.
PEERS = ["restic", "rustic", "borg"]
LEAN = ["restic", "rustic"]


@dataclass(frozen=True)
class Goal:
    """`faster`: at least so many times as fast as the fastest peer. `of_tar`: at most so many times the time of
    `tar | zstd`. `stored`: peer → at most so many times the bytes it stores."""

    faster: float
    of_tar: float | None = None
    stored: dict = field(default_factory=dict)


GOALS = {
    ("first", "usr"): Goal(2.5, 1.2, {"restic": 1.0}),
    ("first", "random"): Goal(2.5, 1.2),
    ("first", "small"): Goal(3.0, 1.5, {"rustic": 1.1}),
    ("unchanged", "usr"): Goal(6.0),
    ("unchanged", "small"): Goal(7.0),
    ("restore", "usr"): Goal(2.0),
    ("restore", "small"): Goal(2.0),
    ("check", "usr"): Goal(1.8),
    ("check", "small"): Goal(1.8),
    ("prune", "history"): Goal(3.0),
}
