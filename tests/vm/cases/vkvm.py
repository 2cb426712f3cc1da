"""Goal: the provider's rescue console (vKVM) boots the installed disks on other hardware with the same network."""
NAME, NUMBER, SHARED, COST = "vkvm", 21, False, 120
TITLE = "pc machine with IDE disks and an e1000 of the same MAC boots with the same network"


def run(rig, case):
    base, facts = rig.base()
    with rig.boot(case.folder, rig.overlays(case.folder, base), kind="vkvm") as machine:
        machine.product.account = facts["account"]
        machine.wait_good(500)
        case.note(f"box good {machine.guest.uptime():.0f} s after power-on")
        names = machine.guest.root.run("ip -br address")
        case.log(names)
        assert "enp0s31f6 " in names and "enp0s31f6.4000@enp0s31f6" in names, names
        assert machine.switch.PUBLIC_GUEST in names and machine.switch.VSWITCH_GUEST in names, names
        ping = machine.switch.pub.run("ping", "-n", "-c", 3, "-w", 15, machine.switch.PUBLIC_GUEST)
        assert ping.returncode == 0, ping.stdout
        machine.wait_mirrored(120)
