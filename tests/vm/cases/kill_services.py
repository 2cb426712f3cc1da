"""Goal: capture takes every event while each process behind it is killed in turn."""
import time
import uuid

from product import Load

NAME, NUMBER, SHARED, COST = "kill-services", None, True, 120
TITLE = "API, worker, engine and PostgreSQL killed in turn under load: no request refused, nothing lost"
UNITS = ["bristle-api", "bristle-worker", "bristle-engine", "bristle-postgresql"]
SETTLE_SECONDS = 5


def run(rig, case):
    machine = rig.running()
    root = machine.guest.root
    name = f"kill {uuid.uuid4()}"
    load = Load(machine.product, name)
    load.start()
    try:
        for unit in UNITS:
            time.sleep(SETTLE_SECONDS)
            before = root.run(f"systemctl show -P MainPID {unit}").strip()
            assert before != "0", f"{unit} does not run"
            root.run(f"systemctl kill -s KILL {unit}")
            began = time.monotonic()
            wait_restarted(root, unit, before)
            case.note(f"{unit} killed and back in {time.monotonic() - began:.1f} s")
        time.sleep(SETTLE_SECONDS)
    finally:
        load.stop()
    case.note(f"{len(load.acknowledged)} events acknowledged, slowest answer {load.slowest * 1000:.0f} ms,"
              f" {len(load.refusals)} refused")
    assert not load.refusals, f"refused: {load.refusals[:5]}"
    machine.product.wait_stored(name, load.acknowledged, 120)


def wait_restarted(root, unit, before):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        state, pid = root.run(f"systemctl show -P ActiveState -P MainPID --value {unit}").split()[:2]
        if "active" in (state, pid) and before not in (state, pid) and "0" not in (state, pid):
            return
        time.sleep(0.5)
    said = root.run(f"systemctl status --no-pager -l {unit}", check=False)
    raise AssertionError(f"{unit} did not come back\n{said}")
