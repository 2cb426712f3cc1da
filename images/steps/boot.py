"""Step 4: what starts the machine: GRUB for BIOS before the partitions, GRUB for UEFI and its settings on the ESP."""
import os
import struct

from .disk import SECTOR, run
from .parameters import SOURCES, Refused

MODULES = ("part_gpt fat ext2 mdraid1x diskfilter normal configfile search search_label search_fs_uuid loadenv test "
           "regexp linux echo ls cat serial terminal sleep reboot halt gzio minicmd true all_video").split()
GRUB = "/usr/lib/grub"
ENVIRONMENT = {"ORDER": "A B", "A_OK": "1", "A_TRY": "0", "B_OK": "0", "B_TRY": "0", "machine_id": "",
               "extra_cmdline": ""}
ENVIRONMENT_BYTES = 1024

# boot.img: where the core's sector number is, and the test that the firmware passed a hard disk's number.
BOOT_CODE_BYTES = 440
CORE_SECTOR_AT = 0x5C
DRIVE_CHECK_AT = 0x66
TWO_NOPS = b"\x90\x90"
# core.img: the first block list entry, at the end of its first sector: sector, count, segment to load it to.
BLOCK_LIST_AT = 500
LOAD_SEGMENT = 0x820


def make_core(parameters):
    """GRUB for BIOS; it looks for its settings on the second partition of the disk it was started from."""
    core = parameters.work / "core.img"
    run("grub-mkimage", "-d", f"{GRUB}/i386-pc", "-O", "i386-pc", "-p", "(,gpt2)/grub", "-o", core,
        "biosdisk", *MODULES)
    return core


def make_loader(parameters):
    """GRUB for UEFI, for the path firmware tries without having been told."""
    loader = parameters.work / "BOOTX64.EFI"
    run("grub-mkimage", "-d", f"{GRUB}/x86_64-efi", "-O", "x86_64-efi", "-p", "/grub", "-o", loader,
        *MODULES, "efi_gop", "efi_uga")
    return loader


def write_core(image, partition, core):
    """Puts the core into the bios partition and the boot sector before it, keeping the table's own bytes there."""
    start = partition.offset // SECTOR
    code = bytearray(core.read_bytes())
    code += bytes(-len(code) % SECTOR)
    sectors = len(code) // SECTOR
    if sectors > partition.sectors:
        raise Refused(f"GRUB's core has {sectors} sectors and its partition {partition.sectors}")
    struct.pack_into("<QHH", code, BLOCK_LIST_AT, start + 1, sectors - 1, LOAD_SEGMENT)
    with open(f"{GRUB}/i386-pc/boot.img", "rb") as file:
        boot = bytearray(file.read(SECTOR))
    core.write_bytes(code)  # as it is in the image, for the manifest
    struct.pack_into("<Q", boot, CORE_SECTOR_AT, start)
    boot[DRIVE_CHECK_AT:DRIVE_CHECK_AT + 2] = TWO_NOPS
    with open(image, "r+b") as file:
        file.write(boot[:BOOT_CODE_BYTES])
        file.seek(partition.offset)
        file.write(code)


def environment_block():
    """GRUB's environment: a fixed size, because GRUB rewrites its sectors in place."""
    text = "# GRUB Environment Block\n" + "".join(f"{name}={value}\n" for name, value in ENVIRONMENT.items())
    return text.encode().ljust(ENVIRONMENT_BYTES, b"#")


def make_esp(parameters, image, partition, loader):
    """The FAT file system with GRUB's files, written into its partition."""
    esp = parameters.work / "esp.img"
    grubenv = parameters.work / "grubenv"
    grubenv.write_bytes(environment_block())
    with open(esp, "wb") as file:
        file.truncate(partition.size_mib * 1024 * 1024)
    environment = dict(os.environ, SOURCE_DATE_EPOCH=str(parameters.epoch), TZ="UTC", MTOOLS_SKIP_CHECK="1")
    volume = parameters.identity("esp").fields[0]
    run("mkfs.vfat", "-F", "32", "-n", "ESP", "-i", f"{volume:08x}", "--invariant", esp, env=environment)
    run("mmd", "-i", esp, "::/EFI", "::/EFI/BOOT", "::/grub", "::/bristle", env=environment)
    for source, target in ((loader, "::/EFI/BOOT/BOOTX64.EFI"), (SOURCES / "boot" / "grub.cfg", "::/grub/grub.cfg"),
                           (grubenv, "::/grub/grubenv")):
        run("mcopy", "-i", esp, source, target, env=environment)
    with open(image, "r+b") as file:
        file.seek(partition.offset)
        file.write(esp.read_bytes())
