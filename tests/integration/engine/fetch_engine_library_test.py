"""Goal: cmake/fetch-engine-library hands out only a library with the pinned hash and leaves nothing half done.
Method: the script runs with an npm of our own in front of PATH, so nothing is fetched."""
import os
import pathlib
import subprocess
import tarfile
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "cmake" / "fetch-engine-library"


class FetchEngineLibraryTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.cache = self.root / "cache"
        (self.root / "bin").mkdir()

    def run_with_npm(self, npm):
        """Runs the script with `npm` as the text of the shell script that stands in for it."""
        path = self.root / "bin" / "npm"
        path.write_text("#!/bin/sh\n" + npm)
        path.chmod(0o755)
        environment = {**os.environ, "PATH": f"{path.parent}:{os.environ['PATH']}"}
        return subprocess.run([SCRIPT, self.cache], env=environment, capture_output=True, text=True, timeout=60,
                              check=False)

    def test_refuses_a_package_with_another_hash(self):
        content = self.root / "package" / "libchdb.so"
        content.parent.mkdir()
        content.write_text("not the library")
        archive = self.root / "package.tgz"
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(content, "package/libchdb.so")
        result = self.run_with_npm(f"cp '{archive}' .\n")
        self.assertEqual(result.returncode, 1)
        self.assertIn("pinned hash", result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertEqual(list(self.cache.iterdir()), [])

    def test_says_why_npm_failed(self):
        result = self.run_with_npm("echo 'npm ERR! no network' >&2\nexit 1\n")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no network", result.stderr)
        self.assertEqual(list(self.cache.iterdir()), [])

    def test_prints_the_path_of_what_is_there_already(self):
        version = next(line for line in SCRIPT.read_text().splitlines() if line.startswith("package=")).split("@")[-1]
        library = self.cache / f"libchdb-{version.strip(chr(34))}.so"
        self.cache.mkdir()
        library.write_text("the library")
        result = self.run_with_npm("exit 1\n")
        self.assertEqual((result.returncode, result.stdout), (0, f"{library}\n"))


if __name__ == "__main__":
    unittest.main()
