"""A slow, lossy link between two network namespaces that lead nowhere else.

Packets go through two TUN devices and this process: it drops some, lets each wait for its turn on the line, and hands it over
after the delay. The kernel's own `netem` is not in every kernel, and this says exactly what it did: `carried` counts the bytes of
packets that were handed over.
"""

import collections
import ctypes
import fcntl
import os
import random
import select
import struct
import subprocess
import threading
import time
from dataclasses import dataclass

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000
# What waits for its turn for longer is dropped, as a router's full queue does.
QUEUE_SECONDS = 0.1
NEAR, FAR = "10.77.0.1", "10.77.0.2"


@dataclass(frozen=True)
class Line:
    name: str
    bits_per_second: float
    loss: float
    delay_seconds: float
    # Of both ends, as the kernel names it.
    congestion_control: str


def in_namespace(name, do):
    """Does something in a network namespace, on a thread of its own: the others stay where they are."""
    libc = ctypes.CDLL(None, use_errno=True)
    done = []

    def enter():
        with open(f"/run/netns/{name}") as namespace:
            if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"cannot enter the namespace {name}")
        done.append(do())

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if not done:
        raise SystemExit(f"nothing was done in the namespace {name}")
    return done[0]


def open_tun():
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"line", IFF_TUN_NO_PI))
    return device


class Way:
    """One direction."""

    def __init__(self, line, seed, source, target):
        self.line, self.source, self.target = line, source, target
        self.random = random.Random(seed)
        self.free_at = 0.0
        self.under_way = collections.deque()
        self.carried = self.dropped = 0

    def take(self, now):
        while True:
            try:
                packet = os.read(self.source, 65536)
            except BlockingIOError:
                return
            begins = max(now, self.free_at)
            if begins - now > QUEUE_SECONDS:
                self.dropped += 1
                continue
            self.free_at = begins + len(packet) * 8 / self.line.bits_per_second
            # A packet that is lost took its time on the line.
            if self.random.random() < self.line.loss:
                self.dropped += 1
                continue
            self.under_way.append((self.free_at + self.line.delay_seconds, packet))

    def give(self, now):
        while self.under_way and self.under_way[0][0] <= now:
            packet = self.under_way.popleft()[1]
            try:
                os.write(self.target, packet)
                self.carried += len(packet)
            except BlockingIOError:
                self.dropped += 1


class Link:
    """Two namespaces, `near` and `far`, and the line between them, until the `with` ends."""

    def __init__(self, line):
        self.line = line
        self.near, self.far = (f"rempart-{os.getpid()}-{end}" for end in ("near", "far"))

    def __enter__(self):
        devices = []
        for name, own in ((self.near, NEAR), (self.far, FAR)):
            subprocess.run(["ip", "netns", "add", name], check=True)
            devices.append(in_namespace(name, open_tun))
            inside = ["ip", "-n", name]
            subprocess.run([*inside, "link", "set", "lo", "up"], check=True)
            subprocess.run([*inside, "address", "add", f"{own}/24", "dev", "line"], check=True)
            subprocess.run([*inside, "link", "set", "line", "up"], check=True)
            # By the route: a namespace may not choose what its host does not allow everybody.
            route = ["route", "replace", "10.77.0.0/24", "dev", "line", "src", own, "congctl", self.line.congestion_control]
            subprocess.run([*inside, *route], check=True)
        self.devices = devices
        self.ways = [Way(self.line, 1, devices[1], devices[0]), Way(self.line, 2, devices[0], devices[1])]
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.carry)
        self.thread.start()
        return self

    def carry(self):
        while not self.stop.is_set():
            now = time.monotonic()
            due = min((way.under_way[0][0] for way in self.ways if way.under_way), default=now + 0.05)
            select.select(self.devices, [], [], max(0.0, min(due - now, 0.05)))
            now = time.monotonic()
            for way in self.ways:
                way.take(now)
                way.give(now)

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        for device in self.devices:
            os.close(device)
        for name in (self.near, self.far):
            subprocess.run(["ip", "netns", "delete", name], check=False)

    @property
    def up(self):
        """From the far end to the near one."""
        return self.ways[0]
