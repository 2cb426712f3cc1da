"""Goal: what the official Python SDK captures in its v1 mode arrives exactly once in every encoding, and it is told
which events were dropped. Method: the unmodified SDK against the started product; its only request function is watched
to see that it really spoke v1; stored events are read back through HogQL."""
import unittest
import uuid
from unittest import mock

from posthog import capture_v1

from test_python import client, hogql, stored


class PythonSdkV1Test(unittest.TestCase):
    def setUp(self):
        self.errors = []
        self.statuses = []
        real = capture_v1._post_v1

        def post(*args, **kwargs):
            answer = real(*args, **kwargs)
            self.statuses.append(answer.status_code)
            return answer

        patched = mock.patch.object(capture_v1, "_post_v1", post)
        patched.start()
        self.addCleanup(patched.stop)

    def sender(self, **options):
        return client(capture_mode="v1", on_error=lambda error, batch: self.errors.append(error), **options)

    def test_queued_events_arrive_exactly_once(self):
        for compression in ("none", "gzip", "deflate"):
            with self.subTest(compression):
                name = f"python v1 {uuid.uuid4()}"
                sender = self.sender(flush_at=40, capture_compression=compression)
                for index in range(300):
                    sender.capture(name, distinct_id=f"python-{index % 7}",
                                   properties={"index": index, "$session_id": f"session {index % 3}"})
                sender.shutdown()
                self.assertEqual([300, 300], stored(name, 300))
                self.assertEqual([["posthog-python", 7, 3, 300]], hogql(
                    "SELECT any(properties.$lib), uniqExact(distinct_id), uniqExact(properties.$session_id), "
                    f"uniqExact(properties.index) FROM events WHERE event = '{name}'"))
                self.assertEqual({200}, set(self.statuses))
                self.assertEqual([], self.errors)

    def test_what_is_sent_again_is_stored_once(self):
        name = f"python v1 again {uuid.uuid4()}"
        sender = self.sender(sync_mode=True)
        identity = str(uuid.uuid4())
        for _ in range(2):
            sender.capture(name, distinct_id="python-again", uuid=identity)
        self.assertEqual([1, 1], stored(name, 1))
        self.assertEqual([200, 200], self.statuses)

    def test_a_dropped_event_is_told(self):
        name = f"python v1 drop {uuid.uuid4()}"
        sender = self.sender(flush_at=10)
        dropped = sender.capture("x" * 201, distinct_id="python-drop")
        sender.capture(name, distinct_id="python-drop")
        sender.shutdown()
        self.assertEqual([1, 1], stored(name, 1))
        self.assertEqual([[(dropped, "event_name_too_long")]], [error.drops for error in self.errors])


if __name__ == "__main__":
    unittest.main()
