"""Goal: two disks written by bristle-flash come up as complete mirrors at once."""
import re

NAME, NUMBER, SHARED, COST = "stamped-pair", 3, False, 240
TITLE = "a pair written by bristle-flash boots with both mirrors complete and no resync"


def run(rig, case):
    _, facts = rig.base()
    case.log(facts["mdstat"])
    case.note(f"bristle-flash wrote and verified both disks in {facts['flash_s']:.0f} s")
    mirrors = re.findall(r"\[(\d)/(\d)\] \[(\w+)\]", facts["mdstat"])
    assert len(mirrors) == 3 and all(mirror == ("2", "2", "UU") for mirror in mirrors), facts["mdstat"]
    slots = re.findall(r"^.*resync of RAID array.*$", facts["kernel_log_md"], re.M)
    assert not slots, f"the kernel resynchronised an array: {slots}"
