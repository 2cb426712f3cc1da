"""Goal: the same bytes on both disks are never mistaken for a mirror."""
import disks

NAME, NUMBER, SHARED, COST = "identical-pair", 4, False, 200
TITLE = "identical bytes on both disks: refused with an alarm, nothing adopted, nothing written to the twin"


def run(rig, case):
    first = rig.plain_disk(case.folder / "disk-1.raw")
    second = case.folder / "disk-2.raw"
    disks.tool("cp", "--sparse=always", "--reflink=auto", first, second)
    with rig.boot(case.folder, rig.overlays(case.folder, [first, second]), timeout=1200) as machine:
        guest = machine.guest
        guest.root.run("until systemctl is-active -q ssh.service ssh.socket; do sleep 0.5; done", timeout=400)
        arrays = machine.arrays()
        case.log(str(arrays))
        assert all(len(array["members"]) == 1 for array in arrays.values()), f"an array took both disks: {arrays}"
        health = machine.call("Health", "Describe")
        case.log(str(health["problems"]) + str(health["boot"]))
        text = str(health["problems"]) + str(health["boot"])
        assert "identical" in text or "same" in text, f"no alarm names the identical disks: {text}"
        assert health["state"] == "critical", health["state"]
        guest.serial.wait_screen("(?i)identical|copy of another", 90)
        (case.folder / "screen.txt").write_text(guest.serial.text())
