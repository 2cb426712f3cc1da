"""Goal: check_layers accepts what the table allows and names every kind of breach. Each case is a tiny tree."""
import importlib.machinery
import importlib.util
import pathlib
import tempfile
import unittest

CI = pathlib.Path(__file__).resolve().parents[1]


def load(name):
    loader = importlib.machinery.SourceFileLoader(name, str(CI / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


check_layers = load("check_layers")

TABLE = """# target layer folder deps
base   0 dataplane/base -
dp_wal 3 dataplane/wal  base
dp_net 3 dataplane/net  base
cp_db  1 controlplane/db base
"""


def breaches_of(files, table=TABLE):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in {"cmake/layers.txt": table, **files}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return check_layers.check(root)[0]


class CheckLayersTest(unittest.TestCase):
    def test_accepts_what_the_table_allows(self):
        self.assertEqual([], breaches_of({
            "dataplane/wal/writer.cc": '#include "dataplane/base/result.h"\n#include "dataplane/wal/writer.h"\n',
            "controlplane/db/pool.cc": '#include "dataplane/base/result.h"\n#include <vector>\n'}))

    def test_names_every_kind_of_breach(self):
        cases = {
            "may not depend on dp_net": {"dataplane/wal/a.cc": '#include "dataplane/net/tcp.h"\n'},
            "may include only": {"controlplane/db/a.cc": '#include "dataplane/wal/writer.h"\n'},
            "of another plane": {"dataplane/wal/a.cc": '#include "controlplane/db/pool.h"\n'},
            "no module": {"dataplane/new/a.cc": '#include "dataplane/base/result.h"\n'},
            "belongs to no module": {"dataplane/wal/a.cc": '#include "writer.h"\n'},
            "is private": {"dataplane/wal/a.cc": '#include "dataplane/base/internal/x.h"\n'},
        }
        for expected, files in cases.items():
            with self.subTest(expected):
                found = breaches_of(files)
                self.assertEqual(1, len(found), found)
                self.assertIn(expected, found[0])

    def test_refuses_a_table_that_points_upwards(self):
        table = "base 0 dataplane/base dp_wal\ndp_wal 3 dataplane/wal base\n"
        with self.assertRaisesRegex(ValueError, "not above it"):
            breaches_of({}, table)

    def test_the_real_table_is_well_formed(self):
        self.assertIn("dataplane/base", check_layers.read_table(CI.parent / "cmake" / "layers.txt"))


if __name__ == "__main__":
    unittest.main()
