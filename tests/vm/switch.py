#!/usr/bin/python3
"""Plays the switch port, the gateway's wire and the vSwitch of one guest.

The guest's only network card ends in a Unix datagram socket. Frames of VLAN 4000 lose their tag and leave by the TAP
`vsw` in one network namespace; untagged frames leave by the TAP `pub` in another; the way back adds the tag. So the
host needs no VLAN support, and unmodified clients run with `ip netns exec`. Nothing is ever dropped: a full socket
makes the switch wait. `Switch` is the harness's side; run as a program this file is the switch itself.
"""
import argparse
import contextlib
import ctypes
import fcntl
import itertools
import json
import os
import pathlib
import select
import signal
import socket
import struct
import subprocess
import sys
import time

VLAN = 4000
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
SNAP_BYTES = 160
GUEST_MAC = "52:54:00:12:34:56"
SWITCHES = itertools.count()


class Port:
    """One side of the switch: counts its frames and writes their heads to a pcap file."""

    def __init__(self, name, pcap):
        self.counts = {"name": name, "to_guest": 0, "from_guest": 0, "bytes_to_guest": 0, "bytes_from_guest": 0,
                       "longest_to_guest": 0, "longest_from_guest": 0}
        self.pcap = open(pcap, "wb", buffering=0)
        self.pcap.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAP_BYTES, 1))

    def saw(self, direction, frame):
        self.counts[direction] += 1
        self.counts["bytes_" + direction] += len(frame)
        self.counts["longest_" + direction] = max(self.counts["longest_" + direction], len(frame))
        now = time.time_ns()
        head = frame[:SNAP_BYTES]
        self.pcap.write(struct.pack("<IIII", now // 10**9, now // 1000 % 10**6, len(head), len(frame)) + head)


def open_tap(name):
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI))
    return tap


def forward(guest, guest_path, taps, ports):
    """Moves frames until the process is told to end."""
    while True:
        readable, _, _ = select.select([guest, *taps.values()], [], [])
        if guest in readable:
            frame = guest.recv(65536)
            tag = struct.unpack("!HH", frame[12:16]) if len(frame) >= 18 else (0, 0)
            if tag[0] == 0x8100:
                if tag[1] & 0xFFF != VLAN:
                    continue  # a VLAN nobody else is in
                network, frame = "vsw", frame[:12] + frame[16:]
            else:
                network = "pub"
            ports[network].saw("from_guest", frame)
            with contextlib.suppress(OSError):  # the interface is still down
                os.write(taps[network], frame)
        for network, tap in taps.items():
            if tap not in readable:
                continue
            frame = os.read(tap, 65536)
            ports[network].saw("to_guest", frame)
            if network == "vsw":
                frame = frame[:12] + struct.pack("!HH", 0x8100, VLAN) + frame[12:]
            with contextlib.suppress(OSError):  # the guest is powered off: an unplugged cable
                guest.sendto(frame.ljust(60, b"\0"), guest_path)


def serve(arguments):
    folder = pathlib.Path(arguments.folder)
    own, guest_path = folder / "switch.sock", str(folder / "guest.sock")
    own.unlink(missing_ok=True)
    guest = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    guest.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
    guest.bind(str(own))
    taps = {"vsw": open_tap(arguments.vsw), "pub": open_tap(arguments.pub)}
    ports = {name: Port(name, folder / f"{name}.pcap") for name in taps}

    def tell(*_):
        text = json.dumps({name: port.counts for name, port in ports.items()})
        temporary = folder / "switch.json.new"
        temporary.write_text(text)
        temporary.rename(folder / "switch.json")

    signal.signal(signal.SIGUSR1, tell)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("ready", flush=True)
    try:
        forward(guest, guest_path, taps, ports)
    finally:
        tell()


LIBC = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def visit(namespace):
    """This thread is in another network namespace; sockets made there stay there."""
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{namespace}") as away:
        if LIBC.setns(away.fileno(), 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
        try:
            yield
        finally:
            LIBC.setns(home.fileno(), 0x40000000)


class Peer:
    """One network namespace at the switch: programs run in it as they would on another server."""

    def __init__(self, namespace):
        self.namespace = namespace

    def command(self, arguments):
        return ["ip", "netns", "exec", self.namespace, *map(str, arguments)]

    def run(self, *arguments, timeout=60, **more):
        more = {"stderr": subprocess.STDOUT, **more}
        return subprocess.run(self.command(arguments), stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
                              timeout=timeout, check=False, **more)

    def connect(self, address, port, timeout=10, source=None):
        """A TCP connection of our own process from inside the namespace (only this thread visits it)."""
        with visit(self.namespace):
            connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.settimeout(timeout)
        try:
            if source:
                connection.bind((source, 0))
            connection.connect((address, port))
        except OSError:
            connection.close()
            raise
        return connection

    def start(self, *arguments, **more):
        more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **more}
        return subprocess.Popen(self.command(arguments), **more)


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def die_with_parent():
    """For `preexec_fn`: whoever kills the tests ends what they started."""
    LIBC.prctl(1, signal.SIGTERM)


def remove_stale_namespaces():
    """What a killed run left behind."""
    for path in pathlib.Path("/run/netns").glob("bristle-[0-9]*-*"):
        if not pathlib.Path("/proc", str(int(path.name.split("-")[1]))).exists():
            subprocess.run(["ip", "netns", "del", path.name], check=False)


class Switch:
    """The switch of one guest with its two networks; use as a context."""

    PUBLIC_GATEWAY = "192.0.2.1"
    PUBLIC_GUEST = "192.0.2.30"
    PUBLIC_OUTSIDE = "203.0.113.9"
    VSWITCH_PEER = "10.1.1.1"
    VSWITCH_GUEST = "10.1.1.30"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        number = next(SWITCHES)
        owner = f"{os.getpid():05d}"
        self.names = {"vsw": f"bv{owner}.{number}", "pub": f"bp{owner}.{number}"}
        self.vsw = Peer(f"bristle-{owner}-{number}-vsw")
        self.pub = Peer(f"bristle-{owner}-{number}-pub")
        self.process = None

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, __file__, str(self.folder), self.names["vsw"], self.names["pub"]]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True,
                                        preexec_fn=die_with_parent)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("the switch did not start")
        for network, peer in (("vsw", self.vsw), ("pub", self.pub)):
            ip("netns", "add", peer.namespace)
            ip("link", "set", self.names[network], "netns", peer.namespace, "name", network)
            ip("-n", peer.namespace, "link", "set", "lo", "up")
            ip("-n", peer.namespace, "link", "set", network, "mtu", "1400" if network == "vsw" else "1500",
               "txqueuelen", "10000", "up")
        ip("-n", self.vsw.namespace, "address", "add", f"{self.VSWITCH_PEER}/24", "dev", "vsw")
        ip("-n", self.pub.namespace, "address", "add", f"{self.PUBLIC_GATEWAY}/32", "dev", "pub")
        ip("-n", self.pub.namespace, "address", "add", f"{self.PUBLIC_OUTSIDE}/32", "dev", "pub")
        ip("-n", self.pub.namespace, "address", "add", "fe80::1/64", "dev", "pub", "nodad")
        ip("-n", self.pub.namespace, "route", "add", self.PUBLIC_GUEST, "dev", "pub", "src", self.PUBLIC_GATEWAY)
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
        for peer in (self.vsw, self.pub):
            subprocess.run(["ip", "netns", "del", peer.namespace], check=False, stderr=subprocess.DEVNULL)

    def netdev(self):
        """QEMU's side of the wire."""
        guest = self.folder / "guest.sock"
        guest.unlink(missing_ok=True)
        return (f"dgram,id=net0,local.type=unix,local.path={guest},"
                f"remote.type=unix,remote.path={self.folder / 'switch.sock'}")

    def counts(self):
        answer = self.folder / "switch.json"
        answer.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 5
        while not answer.exists():
            if time.monotonic() > deadline:
                raise RuntimeError("the switch does not answer")
            time.sleep(0.01)
        return json.loads(answer.read_text())

    def frames(self, network):
        """(length on the wire, first bytes) of each frame so far on one network, without tag."""
        data = (self.folder / f"{network}.pcap").read_bytes()
        at = 24
        while at + 16 <= len(data):
            kept, length = struct.unpack_from("<II", data, at + 8)
            yield length, data[at + 16:at + 16 + kept]
            at += 16 + kept


def main():
    parser = argparse.ArgumentParser()
    for name in ("folder", "vsw", "pub"):
        parser.add_argument(name)
    serve(parser.parse_args())


if __name__ == "__main__":
    main()
