"""Goal: either disk alone carries the box, and it says that its mirror is gone."""
NAME, NUMBER, SHARED, COST = "one-disk", 5, False, 260
TITLE = "only disk 2, then only disk 1 present: boots degraded and says so first"


def run(rig, case):
    base, facts = rig.base()
    for present in (2, 1):
        folder = case.folder / f"disk-{present}-only"
        pair = [disk if number == present else None for number, disk in enumerate(rig.overlays(folder, base), 1)]
        with rig.boot(folder, pair) as machine:
            machine.product.account = facts["account"]
            seconds = machine.product.wait_capture(400)
            kernel = machine.guest.kernel_started_s()
            case.note(f"only disk {present}: capture ready {seconds:.0f} s after power-on, {seconds - kernel:.0f} s "
                      "after the kernel")
            machine.wait_good(400)
            arrays = machine.arrays()
            assert set(arrays) == {"root-a", "root-b", "data"}, arrays
            assert all(array["degraded"] == 1 for array in arrays.values()), arrays
            health = machine.call("Health", "Describe")
            assert health["problems"] and health["problems"][0]["noun"] == "raid", health["problems"]
            assert health["state"] != "ok", health["state"]
            machine.guest.serial.wait_screen("1 of 2 disks", 60)
            (folder / "screen.txt").write_text(machine.guest.serial.text())
            (folder / "storage.txt").write_text(machine.guest.ssh(
                "journalctl -b -u bristle-storage.service -o short-monotonic --no-pager"))
            machine.guest.power_off()
