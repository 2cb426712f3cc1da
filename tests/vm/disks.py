"""Disks of an emulated server: made of the image without ever writing to it.

Raw files are sparse copies; what a guest boots is always a qcow2 overlay of its own, so a prepared disk serves many
cases and each cut starts from a fresh overlay.
"""
import pathlib
import struct
import subprocess

MIB = 1 << 20
DISK_BYTES = 12 << 30
ENVIRONMENT_BYTES = 1024


def tool(*arguments, timeout=600, check=True, **more):
    answer = subprocess.run([str(argument) for argument in arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=timeout, check=False, **more)
    if check and answer.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: exit {answer.returncode}\n"
                           f"{answer.stdout.decode(errors='replace')[-3000:]}")
    return answer.stdout.decode(errors="replace")


def blank(path, size=DISK_BYTES):
    """A disk from the factory, as a raw file."""
    path = pathlib.Path(path)
    path.unlink(missing_ok=True)
    with open(path, "wb") as file:
        file.truncate(size)
    return path


def written(path, image, size=DISK_BYTES):
    """A disk to which the image was written with dd."""
    path = pathlib.Path(path)
    path.unlink(missing_ok=True)
    tool("cp", "--sparse=always", "--reflink=auto", image, path)
    with open(path, "r+b") as file:
        file.truncate(size)
    return path


def overlay(path, backing):
    """What a guest writes to; `backing` (raw or qcow2) stays as it is."""
    path, backing = pathlib.Path(path), pathlib.Path(backing).resolve()
    path.unlink(missing_ok=True)
    form = "qcow2" if backing.suffix == ".qcow2" else "raw"
    tool("qemu-img", "create", "-q", "-f", "qcow2", "-F", form, "-b", backing, path)
    return path


def partitions(disk):
    """{label: (first byte, bytes)} of a disk or image, raw or qcow2, by its GPT."""
    disk = pathlib.Path(disk)
    if disk.suffix == ".qcow2":
        head = cut_out(disk, 0, MIB, disk.with_suffix(".head"))
        data = head.read_bytes()
        head.unlink()
    else:
        with open(disk, "rb") as file:
            data = file.read(MIB)
    if data[512:520] != b"EFI PART":
        raise RuntimeError(f"{disk} has no GPT")
    first_entry, count, size = struct.unpack_from("<QII", data, 512 + 72)
    table = {"": (0, data[512 + 56:512 + 72].hex())}
    for number in range(count):
        entry = data[first_entry * 512 + number * size:][:size]
        if entry[:16] != bytes(16):
            first, last = struct.unpack_from("<QQ", entry, 32)
            label = entry[56:].decode("utf-16-le").rstrip("\0")
            table[label] = (first * 512, (last + 1 - first) * 512)
    return table


def disk_guid(disk):
    return partitions(disk)[""][1]


def cut_out(disk, first, size, into):
    """Copies a range of a qcow2 disk into a raw file."""
    pathlib.Path(into).unlink(missing_ok=True)
    tool("qemu-img", "dd", "-f", "qcow2", "-O", "raw", "bs=1M", f"skip={first // MIB}",
         f"count={(first + size) // MIB}", f"if={disk}", f"of={into}")
    return pathlib.Path(into)


def scribble(disk, first, size):
    """Writes nonsense over a range of a qcow2 disk."""
    tool("qemu-io", "-f", "qcow2", "-c", f"write -P 0x5a {first} {size}", disk)


def esp_of(disk, into):
    """The ESP of a disk a guest has written to."""
    first, size = partitions(disk)["esp"]
    return Esp(cut_out(disk, first, size, into), 0)


class Esp:
    """The files of a raw disk's FAT partition, through mtools."""

    def __init__(self, raw, offset=None):
        start = partitions(raw)["esp"][0] if offset is None else offset
        self.volume = f"{raw}@@{start}"

    def read(self, path):
        answer = subprocess.run(["mtype", "-i", self.volume, f"::{path}"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, check=False)
        if answer.returncode != 0:
            raise FileNotFoundError(path)
        return answer.stdout

    def write(self, path, content):
        folder = path.rsplit("/", 1)[0]
        if folder:
            tool("mmd", "-i", self.volume, "-D", "s", f"::{folder}", check=False)
        data = content if isinstance(content, bytes) else content.encode()
        subprocess.run(["mcopy", "-o", "-i", self.volume, "-", f"::{path}"], input=data, check=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def environment(self):
        """GRUB's variables."""
        block = self.read("/grub/grubenv").decode()
        return dict(line.split("=", 1) for line in block.splitlines() if "=" in line and not line.startswith("#"))

    def set_environment(self, **values):
        variables = {**self.environment(), **values}
        text = "# GRUB Environment Block\n" + "".join(f"{name}={value}\n" for name, value in variables.items())
        self.write("/grub/grubenv", text.ljust(ENVIRONMENT_BYTES, "#"))
