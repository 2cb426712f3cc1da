"""Goal: under the appliance's privacy policy what the official Python SDK captures is stored unharmed but for what the
policy forbids, on both routes. Method: the unmodified SDK sends harmless values that look like forbidden ones, and
forbidden ones (../guard/values.json); guard/sweep.py then looks for these everywhere."""
import json
import pathlib
import sys
import unittest
import uuid

import posthog.request

from test_python import client, hogql, stored

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "guard"))
from guarded import SENT, assert_guarded  # noqa: E402


class PythonGuardTest(unittest.TestCase):
    def test_only_what_is_forbidden_is_marked(self):
        for options in ({}, {"gzip": True}, {"capture_mode": "v1"}):
            with self.subTest(options):
                name = f"python guard {uuid.uuid4()}"
                errors = []
                sender = client(sync_mode=True, on_error=lambda error, _: errors.append(error), **options)
                for person in ("python-guard", "guarded.person@seeded.example"):
                    sender.capture(name, distinct_id=person, properties=SENT)
                self.assertEqual([2, 2], stored(name, 2))
                self.assertEqual([], errors)
                rows = hogql(f"SELECT distinct_id, properties FROM events WHERE event = '{name}' ORDER BY distinct_id")
                self.assertEqual("python-guard", rows[0][0])
                self.assertRegex(rows[1][0], "^redacted-[0-9a-f]{32}$")
                for _, properties in rows:
                    assert_guarded(self, properties)
                    properties = json.loads(properties) if isinstance(properties, str) else properties
                    self.assertEqual("posthog-python", properties["$lib"])
                    self.assertEqual(posthog.request.VERSION, properties["$lib_version"])


if __name__ == "__main__":
    unittest.main()
