"""Goal: a person at the serial line restarts capture and reads its log, by what the screen says and nothing else."""
import re

NAME, NUMBER, SHARED, COST = "console", None, True, 40
TITLE = "the console on the serial line: overview, restart capture, its log, the audit entry, a login link"
CAPTURE = "bristle-dataplane.service"


def run(rig, case):
    machine = rig.running()
    line, root = machine.guest.serial, machine.guest.root

    def see(name, pattern, timeout=30):
        text = line.wait_screen(pattern, timeout)
        (case.folder / f"{name}.txt").write_text(text + "\n")
        return text

    line.press("escape", "1")
    overview = see("overview", r"Bristle(.*\n)+.*1 Overview(.*\n)+ Arrays", 120)
    assert f"http://{machine.switch.VSWITCH_GUEST}" in overview, f"no page address:\n{overview}"
    see("overview-capture", "accepting events", 60)
    assert "not accepting events" not in line.text(), f"capture is called down:\n{line.text()}"
    assert overview.count("2 of 2 disks") == 3, f"not every array is whole:\n{overview}"

    line.press("2")
    # Capture comes first in the list, and the line below the list names its unit.
    see("services", rf"^ +{re.escape(CAPTURE)}")
    before = root.run(f"systemctl show -P MainPID {CAPTURE}").strip()
    line.press("r")
    see("restart-plan", r"Restart .* now\?")
    line.press("enter")
    see("restart-result", r"restarted\.", 60)
    after = root.run(f"systemctl show -P MainPID {CAPTURE}").strip()
    assert before != after and after != "0", f"the process is still {before}"

    line.press("l")
    log = see("log", r"(?i)(started|ready|listening)", 30)
    case.log(log)
    line.press("escape", "7")
    see("audit", r"Services restart bristle-d")
    check_login_link(machine, case, see)
    line.press("escape", "1")
    see("overview-after", r"1 Overview")
    case.note(f"screens as text: {case.folder.name}/*.txt")


def check_login_link(machine, case, see):
    line = machine.guest.serial
    line.press("6")
    see("users", r"Make a login link for the first account")
    line.press("enter")
    screen = see("login-link", r"http://10\.1\.1\.30/\S+", 60)
    link = re.search(r"http://10\.1\.1\.30/\S+", screen).group(0)
    jar = case.folder / "cookies.txt"
    fetch = machine.switch.vsw.run
    offered = fetch("curl", "-sS", "-m", 30, "-w", "%{http_code}", link).stdout
    assert offered.endswith("200") and "Sign in" in offered, f"{link}: {offered[-500:]}"
    form = ["curl", "-sS", "-m", 30, "-o", "/dev/null", "-c", jar, "-b", jar, "-w", "%{http_code} %header{location}",
            "--data-urlencode", f"token={link.rpartition('token=')[2]}", link.partition("?")[0]]
    assert fetch(*form).stdout.split() == ["303", "/"], "the link did not sign in"
    assert "sessionid" in jar.read_text(), "no session came with it"
    assert fetch(*form).stdout.split()[:1] == ["410"], "the link worked a second time"
    line.press("enter")
