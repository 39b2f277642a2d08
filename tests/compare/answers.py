#!/usr/bin/env python3
"""Asks flowlogs and DuckDB the same questions of flow log files, and says where their answers differ.

    pip install duckdb
    tests/compare/answers.py FLOWLOGS_BINARY FOLDER

DuckDB gets each file's records as text, taken out of lines, JSON and CSV here by Python's own readers; types, filters and sums
are its own. What flowlogs does not take for a flow log is listed with its reason. Exits with 1 on any difference.
"""

import csv
import gzip
import io
import ipaddress
import json
import pathlib
import re
import subprocess
import sys

import duckdb

DEFAULT = (
    "version account_id interface_id srcaddr dstaddr srcport dstport protocol packets bytes start end action log_status"
).split()
NUMBERS = {"version", "srcport", "dstport", "protocol", "packets", "bytes", "tcp_flags", "traffic_path"}


def flowlogs(binary, path, sentence):
    """The rows of the answer as lists of text, or the error."""
    run = subprocess.run(
        [binary, "--local", str(path), "--quiet", "--utc", "-o", "csv", "-e", sentence], capture_output=True, text=True
    )
    if run.returncode != 0:
        return None, run.stderr.strip().splitlines()[0]
    return list(csv.reader(io.StringIO(run.stdout)))[1:], None


def bare(name):
    """A name of a column without what the spellings differ in."""
    return re.sub(r"[${}_-]", "", name.strip().lstrip("\ufeff")).lower().replace("starttime", "start").replace("endtime", "end")


NAMES = {bare(name): name for name in (*DEFAULT, "tcp_flags", "traffic_path", "vpc_id", "subnet_id", "flow_direction")}


def column(name):
    return NAMES.get(bare(name), name.replace("-", "_"))


def messages(value):
    """The log messages in a JSON value, and records by name."""
    if isinstance(value, list) and value and all(isinstance(one, dict) and set(one) == {"field", "value"} for one in value):
        row = {one["field"]: one["value"] for one in value}
        yield row.get("@message", row)
    elif isinstance(value, list):
        for one in value:
            yield from messages(one)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, dict) and "message" in value:
        yield from (() if value["message"].startswith("CWL CONTROL MESSAGE") else (value["message"],))
    elif isinstance(value, dict):
        lists = [value[key] for key in ("events", "logEvents", "records", "results") if key in value]
        if lists:
            yield from messages(lists)
        else:
            yield value


def json_values(text):
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        if text[at] in " \t\r\n,":
            at += 1
            continue
        value, at = decoder.raw_decode(text, at)
        yield value


def split(text):
    """Columns and rows of a text, whatever wraps its records."""
    if text.lstrip()[:1] in ("{", "["):
        items = [item for value in json_values(text) for item in messages(value)]
        if all(isinstance(item, str) for item in items):
            return split("\n".join(items))
        columns = list(dict.fromkeys(name for item in items for name in item))
        return columns, [["-" if item.get(name) is None else str(item[name]) for name in columns] for item in items]
    if "," in text.split("\n")[0]:
        head, *rows = list(csv.reader(io.StringIO(text)))
        for name in ("message", "@message"):
            if name in head:
                return split("\n".join(row[head.index(name)] for row in rows))
        return head, [[value or "-" for value in row] for row in rows]
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    is_name = re.compile(r"[$]?{?[A-Za-z][A-Za-z0-9_-]*}?").fullmatch
    if lines and all(map(is_name, lines[0])) and any(bare(word) in NAMES for word in lines[0]):
        return lines[0], [line for line in lines[1:] if line != lines[0]]
    exported = [line[1:] for line in lines if re.match(r"\d{4}-\d\d-\d\dT", line[0])]
    return DEFAULT, exported or lines


def is_record(columns, row):
    """Whether every value is what its column holds."""

    def fits(name, value):
        if value == "-" or value is None:
            return name != "log_status"
        if name in NUMBERS:
            return value.isascii() and value.isdigit() and (not name.endswith("port") or int(value) < 65536)
        if name.endswith("addr"):
            try:
                return bool(re.fullmatch("(..:){5}..", value) or ipaddress.ip_address(value))
            except ValueError:
                return False
        return name != "log_status" or value.upper() in ("OK", "NODATA", "SKIPDATA")

    return len(row) == len(columns) and all(map(fits, columns, row))


def records(path):
    """Columns and rows of a file, read without flowlogs: whole records only."""
    if path.suffix == ".parquet":
        relation = duckdb.sql(f"select * from read_parquet('{path}')")
        columns = [column(name) for name in relation.columns]
        return columns, [[None if v in (None, "None", "-") else str(v) for v in row] for row in relation.fetchall()]
    data = path.read_bytes()
    while data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    columns, rows = split(data.decode(errors="surrogateescape").lstrip("\ufeff"))
    columns = [column(name) for name in columns]
    rows = [row for row in rows if is_record(columns, row) and all(value.isprintable() for value in row)]
    return columns, [[None if value == "-" else value for value in row] for row in rows]


def table(path):
    columns, rows = records(path)
    con = duckdb.connect()
    types = ", ".join(f'"{name}" {"BIGINT" if name in NUMBERS else "VARCHAR"}' for name in columns)
    con.execute(f"create table f ({types})")
    # EFA records have MAC addresses; for flowlogs, these are absent addresses.
    clean = [[None if value and re.fullmatch("(..:){5}..", value) else value for value in row] for row in rows]
    if clean:
        con.executemany(f"insert into f values ({', '.join('?' * len(columns))})", clean)
    seen = "where upper(log_status) = 'OK'" if "log_status" in columns else "where true"
    return con, set(columns), seen


def rows(con, query):
    return [["" if value is None else str(value) for value in row] for row in con.execute(query).fetchall()]


def in_ten_slash_eight(address):
    return f"{address} like '10.%' and {address} not like '%:%'"


def questions(columns, seen):
    """Sentence, the same as SQL, and the fields that both need."""
    yield "count()", f"select count(*) from f {seen}", set()
    yield (
        "top 10 src.addr by bytes",
        f"select srcaddr, sum(bytes) b from f {seen} group by 1 order by b desc nulls last",
        {"srcaddr", "bytes"},
    )
    yield (
        "where reject | count() by dst.port | limit none",
        f"select dstport, count(*) n from f {seen} and upper(action) = 'REJECT' group by 1 order by n desc, 1",
        {"action", "dstport"},
    )
    yield (
        "where src net 10.0.0.0/8 | count(), sum(bytes)",
        f"select count(*), sum(bytes) from f {seen} and {in_ten_slash_eight('srcaddr')}",
        {"srcaddr", "bytes"},
    )


def is_equal(sentence, ours, theirs):
    """Whether the rows are the same; of a top list, which ties make it is promised by nobody."""
    if not sentence.startswith("top 10"):
        return sorted(ours) == sorted(theirs)
    return all(row in theirs for row in ours) and [row[1] for row in ours] == [row[1] for row in theirs[:10]]


def compare(binary, path):
    """Lines that say what was compared, and whether all answers were equal."""
    count, error = flowlogs(binary, path, "count()")
    if error:
        return f"left out   {path}: {error}", True
    con, columns, seen = table(path)
    answers = []
    for sentence, sql, needs in questions(columns, seen):
        if not needs <= columns:
            continue
        ours, error = flowlogs(binary, path, sentence)
        theirs = rows(con, sql)
        if error or not is_equal(sentence, ours, theirs):
            return f"DIFFERENT  {path}: {sentence}\n  flowlogs {error or ours}\n  DuckDB   {theirs}", False
        answers.append(sentence.split(" | ")[0])
    return f"equal      {path}: {count[0][0]} records; {'; '.join(answers)}", True


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    results = [compare(binary, path) for path in files]
    print("\n".join(line for line, _ in results))
    different = sum(1 for _, equal in results if not equal)
    compared = sum(1 for line, _ in results if line.startswith("equal"))
    print(f"{compared} files with equal answers, {different} different, {len(files) - compared - different} left out")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
