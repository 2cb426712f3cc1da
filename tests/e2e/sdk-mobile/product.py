"""What every test needs of the started product, which BRISTLE_CONNECTION (its connection.json) names."""
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "guard"))
from guarded import SENT, assert_guarded  # noqa: E402, F401 (for the tests)

CONNECTION = json.load(open(os.environ["BRISTLE_CONNECTION"], encoding="utf-8"))
PROJECT = f"{CONNECTION['url']}/api/projects/{CONNECTION['project_id']}"
DEADLINE_SECONDS = 60


def unique(library):
    """An event name that no other run has used."""
    return f"{library} {uuid.uuid4()}"


def call(path, body=None):
    """The answer's text; nothing for 404."""
    request = urllib.request.Request(
        PROJECT + path, None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {CONNECTION['personal_api_key']}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def hogql(query):
    return json.loads(call("/query/", {"query": {"kind": "HogQLQuery", "query": query}}))["results"]


def settled(read, count):
    """What `read` gives once its first value is `count` and nothing more comes: a late duplicate shows."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while read()[0] < count and time.monotonic() < deadline:
        time.sleep(0.3)
    time.sleep(1)
    return read()


def stored(name, count):
    """[events, distinct uuids, distinct indexes, libraries, texts] of the events `name`, `count` of them expected."""
    return settled(lambda: hogql(
        "SELECT count(), uniqExact(uuid), uniqExact(properties.index), groupUniqArray(properties.$lib), "
        f"groupUniqArray(properties.text) FROM events WHERE event = '{name}'")[0], count)


def recorded(session, count):
    """The lines a player reads of the session, `count` of them expected."""
    def read():
        listed = call(f"/session_recordings/{session}/snapshots")
        if listed is None:
            return 0, []
        last = len(json.loads(listed)["sources"]) - 1
        text = call(f"/session_recordings/{session}/snapshots?source=blob_v2&start_blob_key=0&end_blob_key={last}")
        lines = text.split("\n")
        return len(lines), lines
    return settled(read, count)[1]


def run(command, folder):
    """Runs to completion; what it printed on its last line, read as JSON."""
    process = subprocess.run(command, cwd=HERE / folder, stdout=subprocess.PIPE, text=True, check=True, timeout=900)
    return json.loads(process.stdout.splitlines()[-1]) if process.stdout.strip() else None


def prepare(command, folder):
    subprocess.run(command, cwd=HERE / folder, check=True, timeout=600)
