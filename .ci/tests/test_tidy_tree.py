"""Goal: tidy_tree finds every kind of breach it promises and stays silent on a tidy tree."""
import pathlib
import tempfile
import unittest

from test_check_layers import load

tidy_tree = load("tidy_tree")

LICENCE = "// SPDX-License-Identifier: LicenseRef-Project\n"
TIDY = {
    "cmake/layers.txt": "base 0 dataplane/base -\n",
    "dataplane/base/CMakeLists.txt": "add_module(base SOURCES ring.cc)\n",
    "dataplane/base/README.md": "# base\n",
    "dataplane/base/ring.h": LICENCE + "// A ring.\n#pragma once\n",
    "dataplane/base/ring.cc": LICENCE + '#include "dataplane/base/ring.h"\n',
    "tests/unit/dataplane/base/ring_test.cc": '#include "dataplane/base/ring.h"\n',
}


def breaches_of(changes):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in {**TIDY, **changes}.items():
            if text is not None:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
        return tidy_tree.check(root)[0]


class TidyTreeTest(unittest.TestCase):
    def test_accepts_a_tidy_tree(self):
        self.assertEqual([], breaches_of({}))

    def test_names_every_kind_of_breach(self):
        source = LICENCE + '#include "dataplane/base/ring.h"\n'
        long_function = source + "int f() {\n" + "  g();\n" * 70 + "}\n"
        cases = {
            "columns, at most": {"dataplane/base/ring.cc": source + "// " + "x" * 100 + "\n"},
            "white space at the end": {"dataplane/base/ring.cc": source + "int x; \n"},
            "use std::from_chars": {"dataplane/base/ring.cc": source + "int x = atoi(text);\n"},
            "use base::Result": {"dataplane/base/ring.cc": source + "throw x;\n"},
            "'std::function' is banned": {"dataplane/base/ring.cc": source + "std::function<void()> f;\n"},
            "simulated clock": {"tests/unit/dataplane/base/ring_test.cc": "sleep_for(x);\n"},
            "an issue number": {"dataplane/base/ring.cc": source + "// TODO later\n"},
            "a path from the environment": {"dataplane/base/README.md": "see /home/jane/notes\n"},
            "SPDX": {"dataplane/base/ring.cc": '#include "dataplane/base/ring.h"\n'},
            "says its purpose": {"dataplane/base/ring.h": LICENCE + "#pragma once\n"},
            "function of 72 lines": {"dataplane/base/ring.cc": long_function},
            "lines, at most 1500": {"dataplane/base/ring.cc": source + "\n" * 1500},
            "needs a README": {"dataplane/base/README.md": None},
            "no tests under": {"tests/unit/dataplane/base/ring_test.cc": None},
            "does not build it": {"dataplane/base/other.cc": LICENCE},
            "nobody includes it": {"dataplane/base/other.h": LICENCE + "// Other.\n"},
            "not part of the top level": {"helpers/x.txt": "x\n"},
        }
        for expected, changes in cases.items():
            with self.subTest(expected):
                found = breaches_of(changes)
                self.assertTrue(any(expected in line for line in found), (expected, found))

    def test_a_banned_word_may_stay_with_a_reason(self):
        source = LICENCE + '#include "dataplane/base/ring.h"\nint x = atoi(t);  // tidy: a vendor callback\n'
        self.assertEqual([], breaches_of({"dataplane/base/ring.cc": source}))


if __name__ == "__main__":
    unittest.main()
