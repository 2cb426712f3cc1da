// Goal: the official @clickhouse/client works against bristle-engine as against a ClickHouse server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { startEngine } from "./engine.mjs";

let engine;
let client;

before(async () => {
  engine = await startEngine();
  client = createClient({ url: engine.url, log: { level: ClickHouseLogLevel.OFF } }); // failures are asserted
});

after(async () => {
  await client?.close();
  assert.equal(await engine?.stop(), 0);
});

test("pings", async () => {
  assert.deepEqual(await client.ping(), { success: true });
  assert.deepEqual(await client.ping({ select: true }), { success: true });
});

test("reads rows as JSONEachRow and JSON", async () => {
  const query = "SELECT number AS n, toString(number) AS s FROM numbers(3)";
  const rows = [0, 1, 2].map((number) => ({ n: String(number), s: String(number) }));
  const settings = { output_format_json_quote_64bit_integers: 1 };
  const each = await client.query({ query, format: "JSONEachRow", clickhouse_settings: settings });
  assert.deepEqual(await each.json(), rows);
  const whole = await client.query({ query, clickhouse_settings: settings });
  const document = await whole.json();
  assert.deepEqual(document.data, rows);
  assert.equal(document.rows, 3);
  assert.match(whole.query_id, /^[0-9a-f-]{36}$/);
});

test("binds parameters of every kind", async () => {
  const result = await client.query({
    query: "SELECT {n: Int32} AS n, {s: String} AS s, {a: Array(String)} AS a, {m: Map(String, UInt8)} AS m",
    query_params: { n: -5, s: "it's a\ttab\nand 'quotes'", a: ["x", "y'z"], m: { k: 1 } },
    format: "JSONEachRow",
  });
  assert.deepEqual(await result.json(), [{ n: -5, s: "it's a\ttab\nand 'quotes'", a: ["x", "y'z"], m: { k: 1 } }]);
});

test("creates a table and inserts values and streams", async () => {
  await client.command({ query: "CREATE TABLE inserted (id UInt32, name String) ENGINE = MergeTree ORDER BY id" });
  const { summary } = await client.insert({
    table: "inserted",
    values: [{ id: 1, name: "one" }, { id: 2, name: "two" }],
    format: "JSONEachRow",
  });
  assert.equal(summary.written_rows, "2");
  async function* many() {
    for (let id = 3; id <= 10_000; id += 1) yield { id, name: `row ${id}` };
  }
  const { Readable } = await import("node:stream");
  await client.insert({ table: "inserted", values: Readable.from(many(), { objectMode: true }), format: "JSONEachRow" });
  const result = await client.query({ query: "SELECT count() AS c, max(id) AS m FROM inserted", format: "JSONEachRow" });
  assert.deepEqual(await result.json(), [{ c: 10_000, m: 10_000 }]);
});

test("streams a large result", async () => {
  const result = await client.query({ query: "SELECT number FROM numbers(300000)", format: "JSONCompactEachRow" });
  let rows = 0;
  for await (const batch of result.stream()) rows += batch.length;
  assert.equal(rows, 300_000);
});

test("streams a large result with one header", async () => {
  const result = await client.query({ query: "SELECT number FROM numbers(300000)", format: "CSVWithNames" });
  const lines = (await result.text()).trimEnd().split("\n");
  assert.equal(lines.length, 300_001);
  assert.equal(lines.filter((line) => line === '"number"').length, 1);
});

test("decodes compressed answers", async () => {
  const compressing = createClient({ url: engine.url, compression: { request: true, response: true } });
  await compressing.insert({ table: "inserted", values: [{ id: 10_001, name: "packed" }], format: "JSONEachRow" });
  const result = await compressing.query({ query: "SELECT name FROM inserted WHERE id = 10001", format: "JSONEachRow" });
  assert.deepEqual(await result.json(), [{ name: "packed" }]);
  await compressing.close();
});

test("throws ClickHouse's errors with code and type", async () => {
  await assert.rejects(client.query({ query: "SELECT * FROM nowhere" }), { code: "60", type: "UNKNOWN_TABLE" });
  await assert.rejects(client.query({ query: "SELEC 1" }), { code: "62" });
  await assert.rejects(
    client.insert({ table: "inserted", values: [{ id: "not a number" }], format: "JSONEachRow" }),
    { code: "27" },
  );
});

test("finds an error behind the rows of a stream", async () => {
  const result = await client.query({
    query: "SELECT throwIf(number = 3000000) AS x FROM numbers(10000000)",
    format: "JSONCompactEachRow",
  });
  let rows = 0;
  await assert.rejects(async () => {
    for await (const batch of result.stream()) rows += batch.length;
  }, { code: "395" });
  assert.ok(rows > 0);
});

test("cancels a query by its id", async () => {
  const endless = client.query({
    query: "SELECT count() FROM numbers(100000000000000) WHERE sipHash64(number) = 1",
    query_id: "endless",
  });
  const outcome = assert.rejects(endless, { code: "394", type: "QUERY_WAS_CANCELLED" });
  let killed = [];
  while (killed.length === 0) {
    const answer = await client.query({
      query: "KILL QUERY WHERE query_id = {id: String} ASYNC",
      query_params: { id: "endless" },
      format: "JSONEachRow",
    });
    killed = await answer.json();
  }
  await outcome;
});

test("keeps the settings of a query to itself", async () => {
  const ask = async (settings) => {
    const result = await client.query({
      query: "SELECT getSetting('max_block_size') AS size", format: "JSONEachRow", clickhouse_settings: settings,
    });
    return (await result.json())[0].size;
  };
  const usual = await ask({});
  assert.equal(await ask({ max_block_size: "17" }), 17);
  assert.equal(await ask({}), usual);
});
