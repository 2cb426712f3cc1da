"""Goal: what the official Go SDK captures arrives exactly once, on the old route and on v1, in each of its codings.
Method: the unmodified SDK against the started product; its transport is watched, and its own verdict of each event."""
import json
import unittest

from product import SENT, assert_guarded, hogql, prepare, run, stored, unique

COUNT = 200
CODINGS = {"legacy": ["none", "gzip"], "v1": ["none", "gzip", "zstd", "deflate", "br"]}
PATHS = {"legacy": "/batch/", "v1": "/i/v1/analytics/events"}


class GoSdkTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        prepare(["go", "build", "-o", "target/phone", "."], "go")

    def test_events_arrive_exactly_once(self):
        for mode, codings in CODINGS.items():
            for coding in codings:
                with self.subTest(mode=mode, coding=coding):
                    name = unique(f"posthog-go {mode} {coding}")
                    report = run(["target/phone", name, str(COUNT), mode, coding], "go")
                    exchange = f"{PATHS[mode]} 200 {'' if coding == 'none' else coding}"
                    self.assertEqual({exchange}, set(report["exchanges"]))
                    self.assertEqual((COUNT, []), (report["delivered"], report["failed"]))
                    self.assertEqual([COUNT, COUNT, COUNT, ["posthog-go"], ["snow ☃ <b>&'\""]], stored(name, COUNT))

    def test_only_what_the_privacy_policy_forbids_is_marked(self):
        for mode in CODINGS:
            with self.subTest(mode=mode):
                name = unique(f"posthog-go guard {mode}")
                report = run(["target/phone", name, "2", mode, "gzip", json.dumps(SENT)], "go")
                self.assertEqual({f"{PATHS[mode]} 200 gzip"}, set(report["exchanges"]))
                self.assertEqual((2, []), (report["delivered"], report["failed"]))
                self.assertEqual([2, 2], stored(name, 2)[:2])
                for (properties,) in hogql(f"SELECT properties FROM events WHERE event = '{name}'"):
                    assert_guarded(self, properties)


if __name__ == "__main__":
    unittest.main()
