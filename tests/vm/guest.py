"""One emulated server: QEMU without KVM, two disks, one network card, two serial ports."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from serial_screen import RootShell, SerialLine
from switch import GUEST_MAC, die_with_parent

FIRMWARE = pathlib.Path("/usr/share/OVMF")


class Guest:
    """Boots `disks` (qcow2 files) at the wire of `switch`; use as a context. Logs stand in `folder`.

    kind: "server" is the target's likeness (q35, AHCI, e1000e at 00:1f.6), "vkvm" a pc machine with IDE and e1000,
    "uefi" a q35 with OVMF and virtio disks.
    """

    def __init__(self, folder, disks, switch, kind="server", memory_mib=3072, timeout=1500, key=None, direct=()):
        self.folder = pathlib.Path(folder)
        self.disks, self.switch, self.kind, self.key = list(disks), switch, kind, key
        self.memory_mib, self.timeout, self.direct = memory_mib, timeout, list(direct)
        self.process = self.qmp_file = self.serial = self.root = None
        self.started_at = 0.0

    def command(self):
        qemu = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
                "-m", str(self.memory_mib), "-nodefaults", "-display", "none", "-vga", "std",
                "-machine", "pc" if self.kind == "vkvm" else "q35", "-netdev", self.switch.netdev(),
                "-qmp", f"unix:{self.folder / 'qmp.sock'},server=on,wait=off"]
        for number in (0, 1):
            qemu += ["-chardev", f"socket,id=s{number},path={self.folder / f'ttyS{number}.sock'},server=on,wait=off,"
                                 f"logfile={self.folder / f'serial{number}.log'},logappend=on",
                     "-serial", f"chardev:s{number}"]
        nic = {"vkvm": f"e1000,netdev=net0,mac={GUEST_MAC}"}.get(
            self.kind, f"e1000e,netdev=net0,mac={GUEST_MAC},bus=pcie.0,addr=0x1f.6")
        qemu += ["-device", nic]
        for number, disk in enumerate(self.disks):
            if disk is None:
                continue  # pulled
            qemu += ["-drive", f"if=none,id=d{number},file={disk},format=qcow2,cache=writeback,discard=unmap"]
            serial = f"BRISTLE000{number + 1}"
            if self.kind == "uefi":
                qemu += ["-device", f"virtio-blk-pci,drive=d{number},serial={serial}"]
            else:
                qemu += ["-device", f"ide-hd,drive=d{number},bus=ide.{number},serial={serial}"]
        if self.kind == "uefi":
            variables = self.folder / "OVMF_VARS.fd"
            if not variables.exists():
                shutil.copy(FIRMWARE / "OVMF_VARS.fd", variables)
            qemu += ["-drive", f"if=pflash,format=raw,readonly=on,file={FIRMWARE / 'OVMF_CODE.fd'}",
                     "-drive", f"if=pflash,format=raw,file={variables}"]
        return qemu + self.direct

    def __enter__(self):
        self.start()
        return self

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        for number in (0, 1):
            (self.folder / f"ttyS{number}.sock").unlink(missing_ok=True)
        command = ["timeout", str(self.timeout), *self.command()]
        with open(self.folder / "qemu.log", "ab") as log:
            log.write((" ".join(command) + "\n").encode())
            log.flush()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True, preexec_fn=die_with_parent)
        self.started_at = time.monotonic()
        try:
            self.serial = SerialLine(self.folder / "ttyS0.sock")
            self.root = RootShell(SerialLine(self.folder / "ttyS1.sock"))
        except OSError as error:
            self.cut()
            raise RuntimeError(f"QEMU did not start: {(self.folder / 'qemu.log').read_text()[-2000:]}") from error
        self.qmp_file = None

    def __exit__(self, *_):
        self.cut()

    def cut(self):
        """Power is gone: QEMU dies with SIGKILL, and with it every write the guest had not flushed (see README)."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        for line in (self.serial, self.root and self.root.line):
            if line:
                line.close()

    def stop(self):
        """Ends QEMU in good order: nothing that was written is lost, and the guest learns nothing of it."""
        self.qmp("quit")
        self.process.wait(20)
        self.cut()

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def qmp(self, command, **arguments):
        if self.qmp_file is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(20)
            connection.connect(str(self.folder / "qmp.sock"))
            self.qmp_file = connection.makefile("rw")
            self.qmp_file.readline()
            self.qmp("qmp_capabilities")
        self.qmp_file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.qmp_file.flush()
        while True:
            answer = json.loads(self.qmp_file.readline())
            if "error" in answer:
                raise RuntimeError(f"QMP {command}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def power_off(self, timeout=180):
        """Presses the power button and waits for the end."""
        self.qmp("system_powerdown")
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the guest was still on {timeout} s after the power button\n"
                                 f"{self.serial.text()}") from None
        self.cut()

    def uptime(self):
        return time.monotonic() - self.started_at

    def kernel_started_s(self):
        """Seconds from power-on to the kernel; by the guest's own clock, since the kernel itself is quiet."""
        at, uptime = self.uptime(), self.root.run("cat /proc/uptime")
        return at - float(uptime.split()[0])

    def ssh(self, command, timeout=60, check=True, user="admin", address=None, peer=None):
        """Runs a command as the operator over SSH from a vSwitch peer; returns its output."""
        peer = peer or self.switch.vsw
        address = address or self.switch.VSWITCH_GUEST
        answer = peer.run(
            "ssh", "-i", self.key, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
            "-o", f"UserKnownHostsFile={self.folder / 'known_hosts'}", "-o", "LogLevel=ERROR",
            "-o", "ConnectTimeout=20", "-o", "IdentitiesOnly=yes", f"{user}@{address}", command, timeout=timeout,
            stderr=subprocess.PIPE)
        if check and answer.returncode != 0:
            raise AssertionError(f"ssh {user}@{address} {command}: exit {answer.returncode}\n"
                                 f"{(answer.stdout + answer.stderr)[-3000:]}")
        return answer.stdout

    def screenshot(self, name):
        """The graphical console as a picture, for people."""
        self.qmp("screendump", filename=str(self.folder / f"{name}.ppm"))
