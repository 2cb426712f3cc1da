"""What SDKs send under the appliance's privacy policy (values.json), and what has to be stored of it."""
import json
import pathlib

VALUES = json.loads((pathlib.Path(__file__).resolve().parent / "values.json").read_text(encoding="utf-8"))
SENT = {**VALUES["harmless"], **VALUES["forbidden"]}


def assert_guarded(test, stored):
    """`stored`: the properties of an event that was captured with SENT."""
    properties = json.loads(stored) if isinstance(stored, str) else stored
    kept = {**VALUES["harmless"], **VALUES["marked"]}
    if properties.get("$process_person_profile") is False:
        del kept["$set"]  # nothing is set of somebody anonymous
    test.assertEqual(kept, {name: properties[name] for name in kept if name in properties})
    test.assertNotIn("password", properties)
