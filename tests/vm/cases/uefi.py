"""Goal: the same disks boot under UEFI, and GRUB keeps its books there as well."""
import disks
from rig import Skip, has_firmware

NAME, NUMBER, SHARED, COST = "uefi", 6, False, 200
TITLE = "OVMF with virtio disks boots the pair; GRUB writes its environment"


def run(rig, case):
    if not has_firmware():
        raise Skip("there is no OVMF firmware on this machine (package ovmf)")
    base, facts = rig.base()
    pair = rig.overlays(case.folder, base)
    before = [disks.esp_of(disk, case.folder / "esp.raw").environment() for disk in pair]
    with rig.boot(case.folder / "first", pair, kind="uefi") as machine:
        machine.guest.serial.wait_output("Loading, please wait", 120)  # the initrd: GRUB is done
        machine.guest.stop()
    tried = [disks.esp_of(disk, case.folder / "esp.raw").environment() for disk in pair]
    case.log(f"before {before}, after GRUB {tried}")
    assert any(one["A_TRY"] != other["A_TRY"] for one, other in zip(before, tried)), \
        f"GRUB did not count its try: {tried}"
    with rig.boot(case.folder / "boot", rig.overlays(case.folder / "boot", pair), kind="uefi") as machine:
        machine.product.account = facts["account"]
        machine.wait_good(500)
        case.note(f"box good {machine.guest.uptime():.0f} s after power-on")
        assert "EFI" in machine.guest.root.run("test -d /sys/firmware/efi && echo EFI"), "not booted by UEFI"
        machine.wait_mirrored(120)
        machine.guest.power_off()
    good = [disks.esp_of(disk, case.folder / "esp.raw").environment()
            for disk in (case.folder / "boot" / "disk-1.qcow2", case.folder / "boot" / "disk-2.qcow2")]
    assert all(one["A_OK"] == "1" and one["A_TRY"] == "0" for one in good), f"the slot is not marked good: {good}"
