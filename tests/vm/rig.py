"""What the cases share: the image, prepared disks, an installed system to start from, and one that is running."""
import contextlib
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import threading
import time

import disks
from guest import FIRMWARE, Guest
from product import Product
from switch import GUEST_MAC, Switch

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMALL_IMAGE = {"DISTRIBUTION": "bookworm", "ROOT_MIB": "3072", "ESP_MIB": "64"}
DATA_BYTES = 6 << 30
# Operator's own kernel line: a root shell on the second serial port, so that a test can kill and damage things.
DEBUG_SHELL = "systemd.debug_shell=ttyS1"
SEED = f"""version = 1
hostname = "bristle"
[public]
mac = "{GUEST_MAC}"
address = "{Switch.PUBLIC_GUEST}"
gateway = "{Switch.PUBLIC_GATEWAY}"
address6 = "2001:db8::2/64"
gateway6 = "fe80::1"
"""


class Skip(Exception):
    """The case cannot run on this machine; the text says why."""


class Machine:
    """A running guest with its switch and the product in it."""

    def __init__(self, switch, guest):
        self.switch, self.guest, self.product = switch, guest, Product(guest)

    def wait_good(self, timeout=600):
        """Waits until the box calls itself good: every service up and the canary stored."""
        self.product.wait_capture(timeout)
        return self.product.wait_unit("bristle-good.service", timeout)

    def call(self, noun, method, *arguments, user_peer=None, address=None):
        """One method of the appliance's bus, called by the operator over SSH; its JSON."""
        words = ["busctl", "--json=short", "--timeout=100", "call", "org.bristle.Appliance1", "/org/bristle/Appliance1",
                 f"org.bristle.Appliance1.{noun}", method]
        if arguments:
            words += ["s" * len(arguments), *arguments]
        command = " ".join(shlex.quote(word) for word in words)
        answer = self.guest.ssh(command, timeout=150, peer=user_peer, address=address)
        try:
            return json.loads(json.loads(answer)["data"][0])
        except (ValueError, LookupError) as error:
            raise AssertionError(f"{noun}.{method}: no JSON came back: {answer[:1000]!r}") from error

    def arrays(self):
        """{array: {degraded, action, members}} as the kernel sees them."""
        text = self.guest.root.run(
            "for link in /dev/md/*; do name=$(basename $link); md=/sys/block/$(basename $(readlink -f $link))/md;"
            " echo $name $(cat $md/degraded) $(cat $md/sync_action) $(cat $md/array_state)"
            " $(for member in $md/dev-*; do echo $(basename $member)=$(cat $member/state); done); done")
        arrays = {}
        for line in text.splitlines():
            words = line.split()
            if len(words) > 4:
                members = dict(word.removeprefix("dev-").split("=") for word in words[4:])
                arrays[words[0]] = {"degraded": int(words[1]), "action": words[2], "state": words[3],
                                    "members": members}
        return arrays

    def wait_mirrored(self, timeout):
        """Waits until all three arrays have two members in step."""
        deadline = time.monotonic() + timeout
        while True:
            arrays = self.arrays()
            if set(arrays) == {"root-a", "root-b", "data"} and all(
                    array["degraded"] == 0 and array["action"] == "idle" for array in arrays.values()):
                return arrays
            if time.monotonic() > deadline:
                raise AssertionError(f"the mirror is not complete after {timeout} s: {arrays}")
            time.sleep(2)

    def diagnose(self, path):
        """Everything a person would ask first, into a file; for a failed case."""
        commands = ["systemctl --no-pager --failed", "systemctl --no-pager list-jobs", "cat /proc/mdstat",
                    "ip -br address", "cat /run/bristle/recovery", "findmnt /data /var",
                    "nft list ruleset | head -60", "journalctl --no-pager -b -p warning -n 150",
                    "systemctl --no-pager -l status 'bristle-*' | head -300"]
        with open(path, "w") as file:
            file.write("--- the console's screen\n" + self.guest.serial.text() + "\n")
            if not self.guest.is_running():
                file.write("--- the guest has ended\n")
                return
            for command in commands:
                try:
                    text = self.guest.root.run(command, timeout=30, check=False)
                except (AssertionError, OSError) as error:
                    text = f"(no answer: {str(error)[:200]})"
                file.write(f"--- {command}\n{text}\n")


class Rig:
    def __init__(self, work, image, keep=False, reuse=False):
        self.work, self.image, self.keep, self.reuse = pathlib.Path(work), pathlib.Path(image), keep, reuse
        self.disk_bytes = self.image.stat().st_size + DATA_BYTES
        self.lock = threading.RLock()
        self.base_facts = self.shared = None
        self.shared_stack = contextlib.ExitStack()
        self.key = self.work / "key"
        if not self.key.exists():
            disks.tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "tests/vm", "-f", self.key)

    # --- disks -----------------------------------------------------------------------------------------------------

    def seed(self, raw):
        """What an operator puts on the ESP by hand, and the kernel line of the tests."""
        esp = disks.Esp(raw)
        esp.write("/bristle/seed.toml", SEED)
        esp.write("/bristle/authorized_keys", self.key.with_suffix(".pub").read_bytes())
        self.add_debug_shell(raw)

    def add_debug_shell(self, raw):
        disks.Esp(raw).set_environment(extra_cmdline=DEBUG_SHELL)

    def plain_disk(self, path):
        """The image as dd writes it, with a seed."""
        raw = disks.written(path, self.image, self.disk_bytes)
        self.seed(raw)
        return raw

    def stamped_pair(self, folder):
        """Two disks as the real bristle-flash leaves them."""
        flash = find_flash()
        pair = [disks.blank(folder / f"disk-{number}.raw", self.disk_bytes) for number in (1, 2)]
        began = time.monotonic()
        output = disks.tool(
            flash, "--image", self.image, "--yes", "--no-rescue", "--address", Switch.PUBLIC_GUEST,
            "--gateway", Switch.PUBLIC_GATEWAY, "--address6", "2001:db8::2/64", "--mac", GUEST_MAC,
            "--ssh-key", self.key.with_suffix(".pub"), *pair, timeout=900)
        (folder / "flash.log").write_text(output)
        for raw in pair:
            self.add_debug_shell(raw)
        return pair, time.monotonic() - began

    # --- guests ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def boot(self, folder, pair, kind="server", **more):
        """A running guest on overlays or given qcow2 disks; a failed case leaves its diagnosis behind."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with Switch(folder) as switch, Guest(folder, pair, switch, kind, key=self.key, **more) as guest:
            machine = Machine(switch, guest)
            try:
                yield machine
            except BaseException:
                machine.diagnose(folder / "diagnosis.txt")
                raise

    def overlays(self, folder, pair, prefix="disk"):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return [backing and disks.overlay(folder / f"{prefix}-{number}.qcow2", backing)
                for number, backing in enumerate(pair, 1)]

    def base(self):
        """(disks, facts) of a system installed by bristle-flash, booted once and powered off in good order."""
        with self.lock:
            folder = self.work / "base"
            stamp = {"image": str(self.image), "changed": self.image.stat().st_mtime_ns}
            facts = folder / "facts.json"
            if self.base_facts is None and self.reuse and facts.exists():
                known = json.loads(facts.read_text())
                self.base_facts = known if known["stamp"] == stamp else None
            if self.base_facts is None:
                self.base_facts = {**self.install(folder), "stamp": stamp}
                facts.write_text(json.dumps(self.base_facts, indent=1))
            return [folder / "disk-1.qcow2", folder / "disk-2.qcow2"], self.base_facts

    def install(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        facts = {}
        raws, facts["flash_s"] = self.stamped_pair(folder)
        pair = self.overlays(folder, raws)
        with self.boot(folder, pair, timeout=3600) as machine:
            guest, product = machine.guest, machine.product
            facts["capture_s"] = product.wait_capture(1800)
            facts["good_s"] = product.wait_unit("bristle-good.service", 1200)
            facts["kernel_at_s"] = guest.kernel_started_s()
            facts["mdstat"] = guest.root.run("cat /proc/mdstat")
            facts["account"] = product.load_account()
            facts["kernel_log_md"] = guest.root.run("journalctl --no-pager -k -b -g 'resync|recovery|md[0-9/]'",
                                                    check=False)
            facts["first_event_s"] = send_first_event(product)
            guest.power_off()
            facts["off_s"] = guest.uptime()
        return facts

    @contextlib.contextmanager
    def installed(self, folder, **more):
        """A guest of its own on overlays of the installed system."""
        base, facts = self.base()
        folder = pathlib.Path(folder)
        with self.boot(folder, self.overlays(folder, base), **more) as machine:
            machine.product.account = facts["account"]
            yield machine

    def running(self):
        """The installed system, already up; cases that leave it as they found it share one."""
        with self.lock:
            if self.shared is not None and not self.shared.guest.is_running():
                self.close_shared()
            if self.shared is None:
                folder = self.work / "running"
                shutil.rmtree(folder, ignore_errors=True)
                self.shared = self.shared_stack.enter_context(self.installed(folder, timeout=5400))
                self.shared.capture_s = self.shared.product.wait_capture(400)
                self.shared.good_s = self.shared.wait_good(400)
            return self.shared

    def close_shared(self):
        self.shared = None
        self.shared_stack.close()


def send_first_event(product):
    """Sends one event and waits for it in a HogQL query; seconds since power-on."""
    import uuid
    name = f"first {uuid.uuid4()}"
    one = str(uuid.uuid4())
    product.capture(name, [one])
    product.wait_stored(name, [one], 120)
    return product.guest.uptime()


def find_flash():
    given = os.environ.get("BRISTLE_FLASH")
    for path in (given, ROOT / "build" / "release" / "bin" / "bristle-flash", shutil.which("bristle-flash")):
        if path and pathlib.Path(path).exists():
            return path
    raise RuntimeError("there is no bristle-flash: build it with appliance/local/build")


def find_image():
    """What `make image` made, or the small image the tests share, built if need be."""
    given = os.environ.get("BRISTLE_IMAGE_DIRECTORY")
    folders = [pathlib.Path(given)] if given else [ROOT / "build" / "image", ROOT / "build" / "image-test"]
    for folder in folders:
        images = sorted(folder.glob("*.img"), key=lambda path: path.stat().st_mtime)
        if images:
            return images[-1].resolve()
    environment = {**os.environ, **SMALL_IMAGE, "BRISTLE_IMAGE_DIRECTORY": str(folders[-1])}
    print(f"==> building the image into {folders[-1].relative_to(ROOT)}", flush=True)
    subprocess.run([ROOT / "images" / "build"], cwd=ROOT, env=environment, check=True)
    return sorted(folders[-1].glob("*.img"))[-1].resolve()


def missing_tools():
    tools = ["qemu-system-x86_64", "qemu-img", "ip", "ssh", "ping", "curl", "mcopy", "mdadm", "sgdisk"]
    absent = [name for name in tools if shutil.which(name) is None]
    if not pathlib.Path("/dev/net/tun").exists():
        absent.append("/dev/net/tun")
    if os.geteuid() != 0:
        absent.append("root")
    return absent


def has_firmware():
    return (FIRMWARE / "OVMF_CODE.fd").exists()
