"""Step 3: the disk: partition table, the mirrors' metadata, and the two slots' file systems, at offsets of one file."""
import dataclasses
import os
import re
import subprocess

from .parameters import Refused

SECTOR = 512
MIB = 1024 * 1024
ALIGNMENT_SECTORS = 2048
# md's metadata and bitmap lie in the first MiB of a member; the array's content follows.
DATA_OFFSET_SECTORS = 2048
# The table's copy at the end needs 33 sectors.
TAIL_MIB = 1


@dataclasses.dataclass(frozen=True)
class Partition:
    number: int
    label: str
    kind: str  # sgdisk's type code
    first_mib: int
    size_mib: int

    @property
    def offset(self):
        return self.first_mib * MIB

    @property
    def sectors(self):
        return self.size_mib * MIB // SECTOR

    @property
    def array_offset(self):
        return self.offset + DATA_OFFSET_SECTORS * SECTOR

    @property
    def array_bytes(self):
        return (self.sectors - DATA_OFFSET_SECTORS) * SECTOR


def layout(parameters):
    """The partitions of the image by label. `data` is added on the first boot, over the rest of the disk."""
    partitions, first = {}, 1
    for number, (label, kind, size) in enumerate((
            ("bios", "ef02", 1), ("esp", "ef00", parameters.esp_mib),
            ("root-a", "fd00", parameters.root_mib), ("root-b", "fd00", parameters.root_mib)), 1):
        partitions[label] = Partition(number, label, kind, first, size)
        first += size
    return partitions


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, **options)
    if done.returncode != 0:
        raise Refused(f"{command[0]} failed:\n{done.stdout}")
    return done.stdout


def make_table(parameters, image):
    """An empty sparse file with the partition table. First boot replaces these identities by random ones."""
    partitions = layout(parameters)
    size_mib = max(part.first_mib + part.size_mib for part in partitions.values()) + TAIL_MIB
    image.unlink(missing_ok=True)
    with open(image, "xb") as file:
        file.truncate(size_mib * MIB)
    command = ["sgdisk", f"--set-alignment={ALIGNMENT_SECTORS}", f"--disk-guid={parameters.identity('disk')}"]
    for part in partitions.values():
        first = part.offset // SECTOR
        command += [f"--new={part.number}:{first}:{first + part.sectors - 1}", f"--typecode={part.number}:{part.kind}",
                    f"--change-name={part.number}:{part.label}",
                    f"--partition-guid={part.number}:{parameters.identity('partition/' + part.label)}"]
    run(*command, image)
    return partitions


def stamp_mirror(parameters, image, partition):
    """This disk is the array's first member; the second is absent until a disk is adopted or stamped."""
    tool = parameters.programs / "bristle-superblock"
    if not tool.exists():
        raise Refused(f"{tool} is missing; `make image` builds it")
    run(tool, "write", "--image", image, "--offset", partition.offset, "--sectors", partition.sectors,
        "--name", f"bristle:{partition.label}", "--array-uuid", parameters.identity("array/" + partition.label),
        "--member-uuid", parameters.identity("member/" + partition.label), "--role", 0, "--active", 0,
        "--time", parameters.epoch)


def make_slot(parameters, image, partition, root=None):
    """The slot's ext4 inside the array, with the content of `root`."""
    identity = parameters.identity("slot/" + partition.label)
    options = [f"offset={partition.array_offset}", f"hash_seed={identity}", "lazy_itable_init=0",
               "lazy_journal_init=0", "nodiscard", "root_owner=0:0"]
    environment = dict(os.environ, E2FSPROGS_FAKE_TIME=str(parameters.epoch), TZ="UTC")
    command = ["mkfs.ext4", "-q", "-F", "-L", partition.label, "-U", identity, "-m", "0", "-E", ",".join(options)]
    if root:
        command += ["-d", root]
    run(*command, image, f"{partition.array_bytes // 1024}k", env=environment)
    if root:
        settle_times(parameters, image, partition, environment)


def settle_times(parameters, image, partition, environment):
    """mkfs copies each file's times of change and of reading from the source, where no program can hold them still:
    set them in the file system."""
    file_system = f"{image}?offset={partition.array_offset}"
    counts = dict(re.findall(r"^(Inode count|Free inodes):\s+(\d+)$", run("dumpe2fs", "-h", file_system), re.M))
    used = int(counts["Inode count"]) - int(counts["Free inodes"])
    script, time = parameters.work / "times", f"@{parameters.epoch}"
    # Inodes are given out in order: 2 is the root, 11 lost+found, then every file, directory and link.
    script.write_text("".join(f"set_inode_field <{inode}> {field} {value}\n" for inode in [2, *range(11, used + 1)]
                              for field, value in (("ctime", time), ("ctime_extra", 0), ("atime", time))))
    run("debugfs", "-w", "-f", script, file_system, env=environment)
