"""Goal: two disks written by bristle-flash come up as complete mirrors at once."""
import re

NAME, NUMBER, SHARED, COST = "stamped-pair", 3, False, 240
TITLE = "a pair written by bristle-flash boots with both mirrors complete and no resync of the slots"


def run(rig, case):
    _, facts = rig.base()
    case.log(facts["mdstat"])
    case.note(f"bristle-flash wrote and verified both disks in {facts['flash_s']:.0f} s")
    mirrors = re.findall(r"\[(\d)/(\d)\] \[(\w+)\]", facts["mdstat"])
    assert len(mirrors) == 3 and all(mirror == ("2", "2", "UU") for mirror in mirrors), facts["mdstat"]
    # The data array is made on the first boot and fills its second half then; the slots come complete.
    slots = {line.split()[0] for line in facts["mdstat"].splitlines() if re.search(r"^md\d+ : .*[a-z][34]\[", line)}
    copied = set(re.findall(r"(?:resync|recovery) of RAID array (md\d+)", facts["kernel_log_md"]))
    assert len(slots) == 2 and not slots & copied, f"the kernel copied a slot: {slots & copied}"
