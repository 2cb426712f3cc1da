"""Goal: what the box costs: time to boot, idle memory, size of the image."""
import re
import subprocess
import time

NAME, NUMBER, SHARED, COST = "figures", None, True, 150
TITLE = "boot time, idle memory and image size"
IDLE_SECONDS = 30


def run(rig, case):
    machine = rig.running()
    guest = machine.guest
    kernel = guest.kernel_started_s()
    case.note(f"boot of an installed system: kernel at {kernel:.1f} s after power-on, accepting"
              f" events {machine.capture_s - kernel:.1f} s after the kernel, good at"
              f" {machine.good_s:.1f} s after power-on (emulated, 2 CPUs)")
    time.sleep(IDLE_SECONDS)
    memory = dict(re.findall(r"^(\w+):\s+(\d+) kB", guest.root.run("cat /proc/meminfo"), re.M))
    used = (int(memory["MemTotal"]) - int(memory["MemAvailable"])) // 1024
    huge = int(memory.get("Hugetlb", "0")) // 1024
    case.note(f"idle memory: {used} MiB of {int(memory['MemTotal']) // 1024} MiB in use, of it huge pages {huge} MiB")
    shown = guest.root.run("systemctl show -p Id -p MemoryCurrent 'bristle-*.service'")
    for block in shown.strip().split("\n\n"):
        facts = dict(line.split("=", 1) for line in block.splitlines())
        if facts.get("MemoryCurrent", "").isdigit():
            case.note(f"    {facts['Id']}: {int(facts['MemoryCurrent']) >> 20} MiB")
    size = rig.image.stat()
    case.note(f"image: {size.st_size / 2**30:.2f} GiB raw, {size.st_blocks * 512 / 2**20:.0f} MiB of it written")
    packed = rig.image.with_name(rig.image.name + ".zst")
    if packed.exists():
        case.note(f"image compressed: {packed.stat().st_size / 2**20:.0f} MiB ({packed.name})")
    else:
        counted = subprocess.run(f"zstd -q -3 -T2 -c '{rig.image}' | wc -c", shell=True, stdout=subprocess.PIPE,
                                 check=True, timeout=900).stdout
        case.note(f"image compressed with zstd -3: {int(counted) / 2**20:.0f} MiB")
