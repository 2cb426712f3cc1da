"""Goal: what the official Python SDK captures arrives exactly once, plain and gzip, synchronous and queued.
Method: the unmodified SDK against the started product; stored events are read back through HogQL."""
import json
import os
import time
import unittest
import urllib.request
import uuid

import posthog

CONNECTION = json.load(open(os.environ["BRISTLE_CONNECTION"], encoding="utf-8"))


def hogql(query):
    request = urllib.request.Request(
        f"{CONNECTION['url']}/api/projects/{CONNECTION['project_id']}/query/",
        json.dumps({"query": {"kind": "HogQLQuery", "query": query}}).encode(),
        {"Authorization": f"Bearer {CONNECTION['personal_api_key']}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["results"]


def stored(name, expected):
    """[count, distinct uuids] of the events called `name`, once they are `expected` and nothing more comes."""
    deadline = time.monotonic() + 30
    while True:
        count = hogql(f"SELECT count(), uniqExact(uuid) FROM events WHERE event = '{name}'")[0]
        if count[0] >= expected or time.monotonic() > deadline:
            time.sleep(1.5)
            return hogql(f"SELECT count(), uniqExact(uuid) FROM events WHERE event = '{name}'")[0]
        time.sleep(0.2)


def client(**options):
    return posthog.Posthog(CONNECTION["project_token"], host=CONNECTION["url"], **options)


class PythonSdkTest(unittest.TestCase):
    def test_queued_events_arrive_exactly_once(self):
        for options in ({}, {"gzip": True}):
            with self.subTest(options):
                name = f"python {uuid.uuid4()}"
                sender = client(flush_at=40, **options)
                for index in range(300):
                    sender.capture(name, distinct_id=f"python-{index % 7}", properties={"index": index})
                sender.shutdown()
                self.assertEqual([300, 300], stored(name, 300))

    def test_a_synchronous_event_arrives(self):
        name = f"python sync {uuid.uuid4()}"
        client(sync_mode=True).capture(name, distinct_id="python-sync", properties={"plan": "pro"})
        self.assertEqual([1, 1], stored(name, 1))
        self.assertEqual([["python-sync", "pro"]],
                         hogql(f"SELECT distinct_id, properties.plan FROM events WHERE event = '{name}'"))

    def test_flags_answer_empty(self):
        sender = client()
        self.assertFalse(sender.feature_enabled("absent-flag", "somebody"))
        self.assertEqual({}, sender.get_all_flags("somebody") or {})
        sender.shutdown()


if __name__ == "__main__":
    unittest.main()
