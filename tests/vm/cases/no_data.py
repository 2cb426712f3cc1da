"""Goal: without its data the box still lets the operator in and says why."""
import disks

NAME, NUMBER, SHARED, COST = "no-data", 13, False, 250
TITLE = "data array or its file system destroyed: SSH and console are up and show the reason"


def run(rig, case):
    base, _ = rig.base()
    for damage, offset, size in (("array", 0, disks.MIB), ("file-system", disks.MIB, 256 * disks.MIB)):
        folder = case.folder / damage
        pair = rig.overlays(folder, base)
        for disk in pair:
            first, _ = disks.partitions(disk)["data"]
            disks.scribble(disk, first + offset, size)
        with rig.boot(folder, pair) as machine:
            reason = wait_recovery(machine)
            case.note(f"{damage} destroyed: \"{reason}\" {machine.guest.uptime():.0f} s after power-on")
            assert "admin" in machine.guest.ssh("id -un", address=machine.switch.PUBLIC_GUEST,
                                                peer=machine.switch.pub)
            machine.guest.serial.wait_screen("(?i)recovery", 60)
            (folder / "screen.txt").write_text(machine.guest.serial.text())
            health = machine.call("Health", "Describe")
            assert health["boot"]["phase"] == "recovery" and health["boot"]["text"], health["boot"]
            changed = machine.guest.root.run("findmnt -no FSTYPE /var").strip()
            assert changed == "tmpfs", f"/var is {changed}"


def wait_recovery(machine):
    """Waits for the marker that bristle-storage leaves; its text."""
    machine.guest.root.run("until systemctl is-active -q ssh.service ssh.socket; do sleep 0.5; done", timeout=300)
    return machine.guest.root.run("cat /run/bristle/recovery").strip()
