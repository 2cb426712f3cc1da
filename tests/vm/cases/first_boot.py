"""Goal: dd to one disk is enough: the first boot makes the data array, adopts the blank second disk and mirrors."""
import disks

NAME, NUMBER, SHARED, COST = "first-boot", 2, False, 420
TITLE = "one disk written with dd, a blank second: adopted, mirrored, and bootable alone"


def run(rig, case):
    raws = [rig.plain_disk(case.folder / "disk-1.raw"), disks.blank(case.folder / "disk-2.raw", rig.disk_bytes)]
    pair = rig.overlays(case.folder, raws)
    with rig.boot(case.folder, pair, timeout=1800) as machine:
        case.note(f"capture ready {machine.product.wait_capture(900):.0f} s,"
                  f" box good {machine.wait_good(900):.0f} s after power-on")
        machine.wait_mirrored(900)
        case.note(f"mirror complete {machine.guest.uptime():.0f} s after power-on")
        account = machine.product.load_account()
        machine.guest.power_off()
    check_identities(rig, pair)
    second = case.folder / "second-alone"
    with rig.boot(second, [None, disks.overlay(case.folder / "second.qcow2", pair[1])]) as machine:
        machine.product.account = account
        case.note(f"the adopted disk alone: capture ready {machine.product.wait_capture(400):.0f} s after power-on")
        arrays = machine.arrays()
        assert all(array["degraded"] == 1 for array in arrays.values()), arrays


def check_identities(rig, pair):
    guids = [disks.disk_guid(disk) for disk in (rig.image, *pair)]
    assert len(set(guids)) == 3, f"disk GUIDs are not all different: {guids}"
    volumes = [disks.esp_of(disk, disk.with_suffix(".esp")) for disk in pair]
    for path in ("/grub/grub.cfg", "/EFI/BOOT/BOOTX64.EFI"):
        assert volumes[0].read(path) == volumes[1].read(path), f"{path} differs between the ESPs"
    environments = [volume.environment() for volume in volumes]
    assert environments[0] == environments[1], f"GRUB's environments differ: {environments}"
    assert environments[0].get("machine_id"), f"no machine id is kept: {environments[0]}"
