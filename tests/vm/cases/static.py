"""Goal: what needs no machine: the packages, the units' exposure, nftables and networkd syntax, the image read back."""
import os
import re
import subprocess

from rig import ROOT

NAME, NUMBER, SHARED, COST = "static", 19, False, 120
TITLE = "packages, exposure of the units and the image's content hold (tests/package/run, tests/image/run)"


def run(rig, case):
    problems = []
    for suite in ("package", "image"):
        environment = {**os.environ, "BRISTLE_IMAGE_DIRECTORY": str(rig.image.parent)}
        answer = subprocess.run([ROOT / "tests" / suite / "run"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1800, check=False)
        (case.folder / f"{suite}.log").write_text(answer.stdout)
        last = answer.stdout.strip().splitlines()[-1] if answer.stdout.strip() else "no output"
        case.note(f"tests/{suite}/run: {last}")
        for line in re.findall(r"^skipped: .*$", answer.stdout, re.M):
            case.note(line)
        if answer.returncode != 0:
            problems.append(f"tests/{suite}/run: exit {answer.returncode}: {last}")
    assert not problems, "\n".join(problems)
