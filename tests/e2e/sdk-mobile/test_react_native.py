"""Goal: what React Native's core captures arrives exactly once: compressed or not, after an end of the app without a
network, after a refusal and after an answer that was lost. Method: the unmodified core under Node, with the storage and
transport of a phone, against the started product."""
import pathlib
import tempfile
import unittest

from product import HERE, prepare, run, stored, unique

COUNT = 200
TEXT = ["snow ☃ <b>&'\""]


class ReactNativeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not (HERE / "react-native" / "node_modules" / ".package-lock.json").exists():
            prepare(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], "react-native")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="bristle-phone-")
        self.addCleanup(folder.cleanup)
        self.storage = pathlib.Path(folder.name) / "storage.json"
        self.name = unique("posthog-react-native")

    def phone(self, scenario):
        return run(["node", "phone.mjs", scenario, self.name, str(COUNT), str(self.storage)], "react-native")

    def assert_stored(self):
        self.assertEqual([COUNT, COUNT, COUNT, ["posthog-react-native"], TEXT], stored(self.name, COUNT))

    def test_events_arrive_exactly_once(self):
        report = self.phone("capture")
        self.assertEqual((0, []), (report["left"], report["errors"]))
        self.assertIn("/batch/ 200 ", report["exchanges"])
        self.assert_stored()

    def test_compressed_events_arrive_exactly_once(self):
        report = self.phone("gzip")
        self.assertEqual((0, []), (report["left"], report["errors"]))
        self.assertEqual({"/batch/ 200 gzip"}, set(report["exchanges"]))
        self.assert_stored()

    def test_a_queue_that_an_earlier_app_has_left_is_sent(self):
        self.assertEqual(COUNT, self.phone("fill")["left"])
        report = self.phone("drain")
        self.assertEqual((0, []), (report["left"], report["errors"]))
        self.assert_stored()

    def test_what_was_refused_or_whose_answer_was_lost_is_sent_again_and_stored_once(self):
        report = self.phone("refused")
        self.assertEqual((0, []), (report["left"], report["errors"]))
        self.assertGreater(report["exchanges"]["/batch/ 200 "], COUNT // 100)
        self.assert_stored()


if __name__ == "__main__":
    unittest.main()
