"""Goal: the Android SDK's queues lose nothing: events and recordings arrive exactly once and as they were sent, after
the end of the app, a refusal, a lost answer, and restarts of the dataplane in the middle of its flushes. Method: the
unmodified core of the SDK on the JVM against the started product; its logger and its HTTP client are watched.

The core deletes a batch whose connection broke at once, and the whole queue after four failed flushes: a restart has to
break and refuse nothing. SDK_RESTART_ROUNDS sizes that test; a round has two flushes, each with a restart."""
import json
import os
import pathlib
import tempfile
import unittest

from product import SENT, assert_guarded, hogql, prepare, recorded, run, stored, unique

COUNT = 200
RESTART_ROUNDS = int(os.environ.get("SDK_RESTART_ROUNDS", "10"))
EVENTS_A_ROUND = 5
ITEMS_A_MESSAGE = 3
TEXT = ["snow ☃ <b>&'\""]


def items_of(body):
    """The items of a body of /s/, as they stand in it."""
    decoder, items, at = json.JSONDecoder(), [], 0
    while (found := body.find('"$snapshot_data":[', at)) >= 0:
        at = body.index("[", found) + 1
        while body[at] != "]":
            _, end = decoder.raw_decode(body, at)
            items.append(body[at:end])
            at = end + (body[end] == ",")
    return items


class AndroidTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        prepare(["mvn", "-q", "-B", "package", "-DskipTests"], "android")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="bristle-phone-")
        self.addCleanup(folder.cleanup)
        self.storage = pathlib.Path(folder.name)
        self.name = unique("posthog-android")

    def phone(self, scenario, count):
        return run(["java", "-cp", "target/classes:target/lib/*", "Phone", scenario, self.name, str(count),
                    str(self.storage)], "android")

    def assert_stored(self, count):
        # The core leaves $lib to its Android part, which a JVM does not have.
        self.assertEqual([count, count, count, [], TEXT], stored(self.name, count))

    def assert_recorded(self, report):
        sent = [item for body in report["recordings"] for item in items_of(body)]
        lines = [f'["{report["session"]}",{item}]' for item in sent]
        self.assertEqual(sorted(lines), sorted(recorded(report["session"], len(lines))))
        return len(lines)

    def assert_no_trouble(self, report):
        self.assertEqual([], report["complaints"])
        self.assertNotIn("broken connections", report["counts"])
        self.assertNotIn("flushes without gzip", report["counts"])
        self.assertEqual({"200"}, {exchange.split()[-1] for exchange in report["counts"] if "/" in exchange})

    def test_events_arrive_exactly_once_and_flags_are_answered(self):
        report = self.phone("capture", COUNT)
        self.assert_no_trouble(report)
        self.assertTrue(report["flags"])
        self.assertLessEqual(COUNT // 50, report["counts"]["POST /batch 200"])
        self.assertLess(0, report["counts"]["POST /flags/ 200"])
        self.assertTrue(any(exchange.startswith("GET /array/") for exchange in report["counts"]))
        self.assert_stored(COUNT)

    def test_only_what_the_privacy_policy_forbids_is_marked(self):
        (self.storage / "properties.json").write_text(json.dumps(SENT), encoding="utf-8")
        self.assert_no_trouble(self.phone("guard", 2))
        self.assertEqual([2, 2], stored(self.name, 2)[:2])
        for (properties,) in hogql(f"SELECT properties FROM events WHERE event = '{self.name}'"):
            assert_guarded(self, properties)

    def test_a_queue_that_an_earlier_app_has_left_is_sent(self):
        self.phone("fill", COUNT)
        self.assertEqual(COUNT, len(list(self.storage.rglob("*.event"))))
        self.assert_no_trouble(self.phone("drain", 0))
        self.assert_stored(COUNT)

    def test_what_was_refused_or_whose_answer_was_lost_is_sent_again_and_stored_once(self):
        report = self.phone("refused", COUNT)
        self.assertIn("POST /batch 503", report["counts"])
        self.assertFalse([line for line in report["complaints"] if "dropp" in line])
        self.assert_stored(COUNT)

    def test_a_recording_comes_back_as_it_was_sent(self):
        report = self.phone("record", 30)
        self.assert_no_trouble(report)
        self.assertEqual(30 * ITEMS_A_MESSAGE, self.assert_recorded(report))

    def test_restarts_in_the_middle_of_flushes_lose_nothing(self):
        report = self.phone("restarts", RESTART_ROUNDS)
        self.assert_no_trouble(report)
        self.assertEqual(2 * RESTART_ROUNDS, report["counts"]["restarts"])
        self.assert_stored(EVENTS_A_ROUND * RESTART_ROUNDS)
        self.assertEqual(RESTART_ROUNDS * ITEMS_A_MESSAGE, self.assert_recorded(report))


if __name__ == "__main__":
    unittest.main()
