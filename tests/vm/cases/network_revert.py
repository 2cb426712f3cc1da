"""Goal: a network change that cuts the operator off undoes itself."""
import json
import time

NAME, NUMBER, SHARED, COST = "network-revert", 18, True, 180
TITLE = "a changed vSwitch address reverts after 60 s without confirmation, and stays with one"
OTHER = "10.1.1.31"


def run(rig, case):
    machine = rig.running()
    switch = machine.switch
    outside = {"user_peer": switch.pub, "address": switch.PUBLIC_GUEST}  # not the address that changes
    change = json.dumps({"vswitch": {"address": f"{OTHER}/24"}})
    plan = machine.call("Network", "Plan", change, **outside)
    assert any(OTHER in str(entry) for entry in plan["changes"]), plan

    began = time.monotonic()
    answer = machine.call("Network", "Apply", change, **outside)
    assert answer["confirm_within_s"] == 60, answer
    wait_address(switch, OTHER, 40)
    assert not is_there(switch, switch.VSWITCH_GUEST), "the old address still answers"
    case.note(f"the new address answered {time.monotonic() - began:.0f} s after the call")
    wait_address(switch, switch.VSWITCH_GUEST, 100)
    seconds = time.monotonic() - began
    case.note(f"the old address was back after {seconds:.0f} s")
    assert seconds > 50, f"reverted after {seconds:.0f} s already"
    machine.product.wait_capture(30)
    case.note(f"capture answered there {time.monotonic() - began - seconds:.1f} s later")
    assert machine.call("Network", "Describe", **outside)["pending"] is None

    machine.call("Network", "Apply", change, **outside)
    wait_address(switch, OTHER, 40)
    machine.call("Network", "Confirm", **outside)
    time.sleep(65)
    assert is_there(switch, OTHER), "a confirmed change was reverted"
    machine.call("Network", "Apply", json.dumps({"vswitch": {"address": f"{switch.VSWITCH_GUEST}/24"}}), **outside)
    wait_address(switch, switch.VSWITCH_GUEST, 40)
    machine.call("Network", "Confirm", **outside)


def is_there(switch, address):
    switch.vsw.run("ip", "neighbour", "flush", "dev", "vsw")
    return switch.vsw.run("ping", "-n", "-c", 1, "-W", 2, address).returncode == 0


def wait_address(switch, address, timeout):
    deadline = time.monotonic() + timeout
    while not is_there(switch, address):
        assert time.monotonic() < deadline, f"{address} does not answer after {timeout} s"
        time.sleep(0.5)
