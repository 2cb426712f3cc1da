// Goal: the official Python driver works against bristle-engine. Method: its checks run in a virtual environment
// with exactly the packages of requirements.txt, made once below build/.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startEngine } from "./engine.mjs";

const here = new URL(".", import.meta.url).pathname;
const environment = join(here, "../../../build/python-engine");

/** The interpreter of an environment that has exactly the pinned packages. */
function pinnedPython() {
  const requirements = join(here, "requirements.txt");
  const stamp = join(environment, "requirements.txt");
  const wanted = readFileSync(requirements, "utf8");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    rmSync(environment, { recursive: true, force: true });
    execFileSync("python3", ["-m", "venv", environment]);
    const pip = join(environment, "bin", "pip");
    execFileSync(pip, ["install", "--quiet", "--require-hashes", "--only-binary=:all:", "-r", requirements]);
    writeFileSync(stamp, wanted);
  }
  return join(environment, "bin", "python");
}

test("clickhouse-connect queries, inserts, streams and reports errors", { timeout: 300_000 }, async () => {
  const python = pinnedPython();
  const engine = await startEngine();
  try {
    const { hostname, port } = new URL(engine.url);
    const checks = spawn(python, [join(here, "clickhouse_connect_checks.py"), hostname, port], { stdio: "inherit" });
    const code = await new Promise((resolve, reject) => checks.once("exit", resolve).once("error", reject));
    assert.equal(code, 0);
  } finally {
    assert.equal(await engine.stop(), 0);
  }
});
