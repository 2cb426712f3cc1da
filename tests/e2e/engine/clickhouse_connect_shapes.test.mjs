// Goal: the requests that clickhouse-connect (the Python driver) sends are answered as it expects, byte for byte.
// Method: its wire shapes (1.12.0), sent with fetch: version
// probe, Native results, query parameters as text, an INSERT with its statement in front of a binary body.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { startEngine } from "./engine.mjs";

let engine;

before(async () => {
  engine = await startEngine();
});

after(async () => {
  assert.equal(await engine?.stop(), 0);
});

async function send(parameters, body, headers = {}) {
  const response = await fetch(`${engine.url}/?${new URLSearchParams(parameters)}`, { method: "POST", body, headers });
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
}

test("answers the probe for version and time zone", async () => {
  const { bytes } = await send({ session_id: "s1" }, "SELECT version(), timezone()", {
    Authorization: `Basic ${Buffer.from("default:").toString("base64")}`,
  });
  assert.match(bytes.toString(), /^26\.\d+\.\d+\.\d+\tUTC\n$/);
});

test("answers in Native, with the parameters bound", async () => {
  const { response, bytes } = await send(
    { param_n: "7", param_s: "it\\'s", wait_end_of_query: "1", client_protocol_version: "54405" },
    "SELECT {n:UInt8} AS n, {s:String} AS s\n FORMAT Native",
  );
  assert.equal(response.headers.get("x-clickhouse-format"), "Native");
  // 2 columns, 1 row; name, type and value of each.
  const expected = "\x02\x01" + "\x01n\x05UInt8\x07" + "\x01s\x06String\x04it's";
  assert.equal(bytes.toString("latin1"), expected);
});

test("takes an INSERT in front of its compressed binary rows", async () => {
  await send({}, "CREATE TABLE native (a UInt8) ENGINE = MergeTree ORDER BY a");
  const rows = Buffer.from("INSERT INTO native (`a`) FORMAT Native\n\x01\x03\x01a\x05UInt8\x0a\x00\x0b", "latin1");
  const { response } = await send({}, gzipSync(rows), { "Content-Encoding": "gzip" });
  assert.equal(response.status, 200);
  assert.equal(JSON.parse(response.headers.get("x-clickhouse-summary")).written_rows, "3");
  const { bytes } = await send({}, "SELECT groupArray(a) FROM native");
  assert.equal(bytes.toString(), "[0,10,11]\n");
});

test("tells code and text of a failure", async () => {
  const { response, bytes } = await send({}, "SELECT * FROM nowhere FORMAT Native");
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("x-clickhouse-exception-code"), "60");
  assert.match(bytes.toString(), /^Code: 60\. DB::Exception: .*\(UNKNOWN_TABLE\) \(version 26\..*\)\n$/);
});
