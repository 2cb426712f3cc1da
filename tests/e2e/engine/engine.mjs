// A bristle-engine of its own for a test file, on a free port and in a temporary directory.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = new URL("../../..", import.meta.url).pathname;

function findLibrary() {
  if (process.env.BRISTLE_CHDB_LIBRARY) return process.env.BRISTLE_CHDB_LIBRARY;
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "bristle");
  const found = existsSync(cache) ? readdirSync(cache).find((name) => name.startsWith("libchdb-")) : undefined;
  return found && join(cache, found);
}

/** Starts an engine; resolves to its URL and a function that stops it and resolves to its exit code. */
export async function startEngine() {
  const binaries = process.env.BRISTLE_BINARIES ?? join(root, "build", "dev", "bin");
  const directory = mkdtempSync(join(tmpdir(), "bristle-engine-"));
  const engine = spawn(join(binaries, "bristle-engine"), {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      BRISTLE_CHDB_LIBRARY: findLibrary(),
      BRISTLE_ENGINE_SOCKET: join(directory, "engine.sock"),
      BRISTLE_ENGINE_LISTEN: "127.0.0.1:0",
      BRISTLE_ENGINE_DATA: join(directory, "data"),
    },
  });
  const ended = new Promise((resolve, reject) => engine.once("exit", resolve).once("error", reject));
  const lines = [];
  const url = await new Promise((resolve, reject) => {
    createInterface(engine.stderr).on("line", (line) => {
      lines.push(line);
      const address = line.match(/ready: .* and (127\.0\.0\.1:\d+)$/);
      if (address) resolve(`http://${address[1]}`);
    });
    ended.then((code) => reject(new Error(`the engine ended with ${code}: ${lines.join("\n")}`)), reject);
  });
  const stop = async () => {
    engine.kill("SIGTERM");
    const code = await ended;
    rmSync(directory, { recursive: true, force: true });
    return code;
  };
  return { url, stop };
}
