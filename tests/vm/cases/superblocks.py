"""Goal: both slots of the image file carry md metadata that mdadm itself finds right."""
import re

import disks

NAME, NUMBER, SHARED, COST = "superblocks", 1, False, 2
TITLE = "mdadm reads the mirror metadata of both slots in the image file"


def run(rig, case):
    table = disks.partitions(rig.image)
    for role in ("root-a", "root-b"):
        first, size = table[role]
        member = case.folder / f"{role}.raw"
        with open(rig.image, "rb") as image, open(member, "wb") as file:
            image.seek(first)
            file.write(image.read(2 * disks.MIB))
            file.truncate(size)
        said = disks.tool("mdadm", "--examine", member)
        case.log(said)
        for pattern in (r"Version : 1\.2$", rf"Name : bristle:{role}\b", r"Raid Level : raid1$", r"Raid Devices : 2$",
                        r"State : clean$", r"Checksum : \w+ - correct$", r"Device Role : Active device 0$"):
            assert re.search(pattern, said, re.M), f"{role}: no {pattern!r} in\n{said}"
    assert "data" not in table, "the image brings a data partition; the first boot makes it"
