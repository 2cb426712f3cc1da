"""Goal: clickhouse-connect, the official Python driver, works against bristle-engine. Called by
clickhouse_connect.test.mjs with the engine's host and port; ends with an assertion error when something is off."""
import datetime
import sys

import clickhouse_connect
from clickhouse_connect.driver.exceptions import DatabaseError

HOST, PORT = sys.argv[1:]


def check_parameters(client):
    values = {"n": 5, "s": "it's a\ttab", "a": ["x", "y'z"], "t": datetime.datetime(2024, 1, 2, 3, 4, 5)}
    result = client.query("SELECT {n:Int32}, {s:String}, {a:Array(String)}, {t:DateTime}", parameters=values)
    assert result.result_rows == [tuple(values.values())], result.result_rows


def check_insert(client):
    client.command("CREATE TABLE connected (id UInt32, name LowCardinality(String), at DateTime64(6)) "
                   "ENGINE = MergeTree ORDER BY id")
    rows = [(1, "one", datetime.datetime(2024, 1, 2)), (2, "two", datetime.datetime(2024, 1, 3))]
    client.insert("connected", rows, column_names=["id", "name", "at"])
    assert client.query("SELECT * FROM connected ORDER BY id").result_rows == rows


def check_stream(client):
    with client.query_row_block_stream("SELECT number, toString(number) FROM numbers(300000)") as blocks:
        assert sum(len(block) for block in blocks) == 300_000


def check_settings(client):
    ask = "SELECT getSetting('max_block_size')"
    usual = client.command(ask)
    assert client.command(ask, settings={"max_block_size": 17}) == 17
    assert client.command(ask) == usual


def check_error(client):
    try:
        client.query("SELECT * FROM nowhere")
    except DatabaseError as error:
        assert "UNKNOWN_TABLE" in str(error) or "code: 60" in str(error), error
    else:
        raise AssertionError("a query of an unknown table succeeded")


# The driver's own default for inserts is LZ4, which the engine does not decode.
with clickhouse_connect.get_client(host=HOST, port=int(PORT), compress="gzip") as connection:
    for check in (check_parameters, check_insert, check_stream, check_settings, check_error):
        check(connection)
