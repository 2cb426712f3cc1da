"""Goal: whenever the power goes, the next boot stands and nothing acknowledged is missing.

Each boot writes to fresh qcow2 overlays, so a cut (SIGKILL of QEMU) also loses what the guest had written without a
flush: see the README for what this models.
"""
import random
import time
import uuid

from product import Load

NAME, NUMBER, SHARED, COST = "power-cut", 11, False, 1200
TITLE = "ten cuts, eight in the first boot and two under load: the next boot stands, no acknowledged event is lost"
# Units of the first boot in their order; a cut comes a little after the unit began.
MOMENTS = ["bristle-storage", "bristle-storage", "bristle-state", "bristle-setup", "bristle-setup",
           "bristle-postgresql", "bristle-migrate", "bristle-canary"]
LOAD_SECONDS = (8, 20)


def run(rig, case):
    seed = random.SystemRandom().randrange(1 << 32)
    case.note(f"seed {seed}")
    dice = random.Random(seed)
    pair, _ = rig.stamped_pair(case.folder)
    for number, unit in enumerate(MOMENTS, 1):
        folder = case.folder / f"cut-{number}"
        pair = rig.overlays(folder, pair)
        with rig.boot(folder, pair, timeout=600) as machine:
            reached = wait_begun(machine, unit)
            delay = dice.uniform(0.05, 3)
            time.sleep(delay)
            at = machine.guest.uptime()
            machine.guest.cut()
        case.log(f"cut {number}: {delay:.2f} s after {reached}, {at:.0f} s after power-on")
    account, name, acknowledged = None, f"cut {uuid.uuid4()}", []
    for number in (len(MOMENTS) + 1, len(MOMENTS) + 2):
        folder = case.folder / f"cut-{number}"
        pair = rig.overlays(folder, pair)
        with rig.boot(folder, pair, timeout=900) as machine:
            machine.product.account = account
            check_standing(machine, case, f"boot after cut {number - 1}", name, acknowledged)
            account = machine.product.load_account()
            load = Load(machine.product, name, per_second=40)
            load.start()
            time.sleep(dice.uniform(*LOAD_SECONDS))
            machine.guest.cut()
            load.stop()
            acknowledged += load.acknowledged
            case.log(f"cut {number} under load: {len(load.acknowledged)} events acknowledged")
    folder = case.folder / "end"
    with rig.boot(folder, rig.overlays(folder, pair), timeout=900) as machine:
        machine.product.account = account
        check_standing(machine, case, f"boot after cut {len(MOMENTS) + 2}", name, acknowledged)
        machine.wait_mirrored(600)
    case.note(f"{len(MOMENTS) + 2} cuts; {len(acknowledged)} events acknowledged under load, each stored exactly once")


def wait_begun(machine, unit):
    """Waits until a unit begins, or has ended already; what it was."""
    machine.guest.root.run(
        f"for i in $(seq 2400); do case $(systemctl is-active {unit}.service) in"
        " activating|active|failed) break;; esac; sleep 0.1; done", timeout=600)
    return unit + " " + machine.guest.root.run(f"systemctl show -P ActiveState {unit}.service").strip()


def check_standing(machine, case, what, name, acknowledged):
    machine.wait_good(800)
    case.log(f"{what}: good {machine.guest.uptime():.0f} s after power-on")
    failed = machine.guest.root.run("systemctl --no-legend --plain --failed").strip()
    assert not failed, f"{what}: failed units: {failed}"
    arrays = machine.arrays()
    assert set(arrays) == {"root-a", "root-b", "data"}, f"{what}: {arrays}"
    for array, state in arrays.items():
        whole = state["degraded"] == 0 or state["action"] in ("recover", "resync")
        assert whole, f"{what}: {array} is neither clean nor resynchronising: {state}"
    if acknowledged:
        machine.product.wait_stored(name, acknowledged, 120)
