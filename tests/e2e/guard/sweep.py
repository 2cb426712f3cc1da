#!/usr/bin/env python3
"""Goal: of what SDKs sent against the privacy policy (values.json), nothing is on the disk or in ClickHouse.
Method: after the tests of a suite, every byte below BRISTLE_HOME, what is gzip in the event log, and every row of every
table; that anything was sent and redacted is asked first. Prints each find and fails."""
import http.client
import json
import mmap
import os
import pathlib
import socket
import sys
import urllib.request
import zlib

SEEDS = json.loads((pathlib.Path(__file__).resolve().parent / "values.json").read_text(encoding="utf-8"))["seeds"]
HOME = pathlib.Path(os.environ["BRISTLE_HOME"])
GZIP = b"\x1f\x8b\x08"


class EngineConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(HOME / "run" / "engine.sock"))


def query(sql):
    connection = EngineConnection("engine", timeout=60)
    connection.request("POST", "/", sql.encode())
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        raise RuntimeError(text)
    return [line.split("\t") for line in text.splitlines()]


def finds_in_tables():
    columns = query(
        "SELECT database, table, groupArray(name) FROM system.columns "
        "WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema') "
        "AND default_kind NOT IN ('ALIAS', 'EPHEMERAL') GROUP BY database, table FORMAT JSONCompactEachRow")
    for row in (json.loads(line[0]) for line in columns):
        database, table, names = row
        text = ", ".join(f"toString(`{name}`)" for name in names)
        for seed in SEEDS:
            found = query(f"SELECT count() FROM `{database}`.`{table}` "
                          f"WHERE position(concatWithSeparator(' ', {text}), '{seed}') > 0")[0][0]
            if found != "0":
                yield f"{found} rows of {table}: {seed}"


def texts_of(path):
    """The file's bytes; of the event log also what was compressed, as bodies are kept as they were sent."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content
        place = content.find(GZIP) if path.is_relative_to(HOME / "event-log") else -1
        while place >= 0:
            try:
                yield zlib.decompressobj(31).decompress(content[place:])
            except zlib.error:
                pass  # bytes that only look like gzip
            place = content.find(GZIP, place + 1)


def finds_in_files():
    for path in sorted(HOME.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.stat().st_size > 0:
            for text in texts_of(path):
                yield from (f"{path.relative_to(HOME)}: {seed}" for seed in SEEDS if text.find(seed.encode()) >= 0)


def main():
    connection = json.loads(pathlib.Path(os.environ["BRISTLE_CONNECTION"]).read_text(encoding="utf-8"))
    with urllib.request.urlopen(connection["url"] + "/metrics", timeout=30) as answer:
        metrics = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if " " in line)
    finds = [f"{name} is zero: nothing was sent" for name in
             ('bristle_privacy_values_total{action="redacted"}', 'bristle_privacy_values_total{action="dropped"}')
             if int(metrics[name]) == 0]
    finds += [*finds_in_tables(), *finds_in_files()]
    print("\n".join(finds) or "nothing forbidden is stored")
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
