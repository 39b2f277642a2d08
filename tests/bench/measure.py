"""Asks every tool every question, checks the answers against DuckDB's, prints a Markdown table.

    measure.py RELEASE_FOLDER DATA_FOLDER [--only WORDS] [--best-of N]

Best of five rounds, in each of which every tool has its turn, so that what else the machine does meets
all of them; who takes long is asked once. Wall and processor seconds, on two processors. flowlogs and the command line tools are
measured as whole processes; DuckDB and ClickHouse without the start of Python.
"""

import argparse
import csv
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
from datetime import datetime

import questions as q

arguments = argparse.ArgumentParser()
arguments.add_argument("release", type=pathlib.Path)
arguments.add_argument("folder", type=pathlib.Path)
arguments.add_argument("--only", default="", help="titles that have these words in them")
arguments.add_argument("--best-of", type=int, default=5)
arguments = arguments.parse_args()
FLOWLOGS = str(arguments.release / "flowlogs")
TEXT = arguments.folder / "v5.log"
GZIP = arguments.folder / "v5.log.gz"
PARQUET = arguments.folder / "v5.parquet"


# A query that takes longer, in seconds, is run only once.
SLOW_S = 10


class Absent(Exception):
    """The tool is not there."""


def process(command, keep=True):
    """The output, wall seconds and processor seconds of a whole process."""
    if not shutil.which(command[0]):
        raise Absent
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE if keep else subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        output = child.stdout.read().decode() if keep else ""
        errors = child.stderr.read().decode()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if child.returncode:
        raise RuntimeError(f"{command[0]}: {errors}")
    return output, wall, used.ru_utime + used.ru_stime


class Engine:
    """DuckDB or ClickHouse, in a process that waits."""

    def __init__(self, name):
        engines = pathlib.Path(__file__).with_name("engines.py")
        self.process = subprocess.Popen(
            [sys.executable, engines, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, sql):
        print(json.dumps(sql), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["rows"], answer["wall"], answer["cpu"]


DUCKDB, CLICKHOUSE = Engine("duckdb"), Engine("clickhouse")


def flowlogs(sentence, path, output="csv", keep=True):
    return process([FLOWLOGS, "--local", str(path), "--quiet", "--utc", "-o", output, "-e", sentence], keep)


def flowlogs_rows(text):
    """The answer as DuckDB has it: times as seconds."""
    def plain(value):
        return str(int(datetime.fromisoformat(value).timestamp())) if value.endswith("Z") else value

    return [[plain(value) for value in row] for row in list(csv.reader(io.StringIO(text)))[1:]]


def words(rows):
    return [[str(value) for value in row] for row in rows]


def split(text):
    return [line.split() for line in text.splitlines()]


def questions():
    """Title, and for each tool how to ask and how to read the answer."""
    for path, kind in [(TEXT, "text"), (GZIP, "gz"), (PARQUET, "parquet")]:
        for name, sentence in q.SENTENCES.items():
            tools = {
                "flowlogs": (lambda s=sentence, p=path: flowlogs(s, p), flowlogs_rows),
                "DuckDB": (lambda n=name, p=path: DUCKDB(q.duckdb_sql(n, p)), None),
                "ClickHouse": (lambda n=name, p=path: CLICKHOUSE(q.clickhouse_sql(n, p)), words if name != "newest 100 in a /24" else None),
            }
            if kind == "text":
                if name in q.RIPGREP:
                    tools["ripgrep"] = (lambda n=name, p=path: process(["rg", "-c", q.RIPGREP[n], str(p)]), split)
                if name in q.MAWK:
                    tools["mawk"] = (lambda n=name, p=path: process(["mawk", q.MAWK[n], str(p)]), split)
                if name in q.ANGLE_GRINDER:
                    ask = q.ANGLE_GRINDER[name]
                    tools["angle-grinder"] = (lambda a=ask, p=path: process(["agrind", a, "-f", str(p)]), None)
            yield f"{kind}: {name}", tools, lambda n=name, p=path: words(DUCKDB(q.duckdb_sql(n, p, exact=True))[0])
        if kind == "gz":
            inflate = str(arguments.release / "examples/inflate")
            yield "gz: decompress only", {"zlib-rs": (lambda p=path: process([inflate, str(p)]), None)}, None
    yield from exports()


def exports():
    table = q.duckdb_table(TEXT)
    records = f"select * from {table} where log_status = 'OK'"
    for output, options in [("ndjson", "format json"), ("csv", "format csv, header")]:
        copy = f"copy ({{}}) to '/dev/null' ({options}, use_tmp_file false)"
        yield f"export: all records as {output}", {
            "flowlogs": (lambda o=output: flowlogs(SHOW_ALL, TEXT, o, keep=False), None),
            "DuckDB": (lambda c=copy: DUCKDB(c.format(records + " order by start desc")), None),
            "DuckDB, in any order": (lambda c=copy: DUCKDB(c.format(records)), None),
        }, None


def show_all():
    """Every field of the file, by the names that the program itself gives them."""
    fields = json.loads(process([FLOWLOGS, "fields", "-o", "json"])[0])
    names = {field["record_field"]: field["name"] for field in fields if field["record_field"]}
    with open(TEXT) as log:
        return "show " + ", ".join(names[name] for name in log.readline().split()) + " | limit none"


SHOW_ALL = show_all()


def starts():
    """What a person waits for before anything is read, or until the first row."""
    sentence = q.SENTENCES["newest 100 in a /24"]
    quiet = f"'{FLOWLOGS}' --local '{TEXT}' --quiet -o ndjson -e '{sentence}' | head -1"
    return [
        ("start: --version", {"flowlogs": (lambda: process([FLOWLOGS, "--version"]), None)}, None),
        ("start: explain", {"flowlogs": (lambda: process([FLOWLOGS, "explain", sentence]), None)}, None),
        ("start: first row, head -1", {"flowlogs": (lambda: process(["sh", "-c", quiet]), None)}, None),
    ]


def measure(tools, expected):
    """Best wall and processor seconds by tool; says so where an answer is another."""
    best, notes, slow = {}, {}, set()
    for turn in range(arguments.best_of):
        for tool, (ask, read) in tools.items():
            if tool in notes or tool in slow:
                continue
            try:
                answer, wall, cpu = ask()
            except Absent:
                notes[tool] = "not installed"
                continue
            except RuntimeError as error:
                notes[tool] = f"failed: {error}".strip()
                continue
            if turn == 0 and read and expected is not None and words(read(answer)) != expected:
                notes[tool] = "ANOTHER ANSWER"
                print(f"{tool}: {read(answer)[:3]} where {expected[:3]} is right", file=sys.stderr)
                continue
            if tool not in best or wall < best[tool][0]:
                best[tool] = wall, cpu
            if wall > SLOW_S:
                slow.add(tool)
    return best, notes


def main():
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    if not PARQUET.exists():
        DUCKDB(f"copy (select * from {q.duckdb_table(TEXT)}) to '{PARQUET}' (format parquet)")
    print(f"{TEXT.stat().st_size / 1e9:.2f} GB of text, {GZIP.stat().st_size / 1e9:.2f} of gzip, "
          f"{PARQUET.stat().st_size / 1e9:.2f} of parquet; best of {arguments.best_of}, two processors\n")
    print("Wall / processor seconds.\n")
    print("| question | flowlogs | DuckDB | of DuckDB | ClickHouse | others |\n|---|---:|---:|---:|---:|---|")
    wrong = False
    for title, tools, answer in [*questions(), *starts()]:
        if arguments.only not in title:
            continue
        best, notes = measure(tools, answer and answer())
        wrong |= any(note != "not installed" for note in notes.values())
        print(row(title, list(tools), best, notes), flush=True)
    sys.exit(1 if wrong else 0)


def row(title, tools, best, notes):
    """A line of the table: each of the others with its name."""
    def cell(tool):
        return f"{best[tool][0]:.3f} / {best[tool][1]:.3f}" if tool in best else notes.get(tool, "")

    columns = ["flowlogs", "DuckDB", "ClickHouse"]
    ratio = ""
    if "flowlogs" in best and "DuckDB" in best:
        ratio = " / ".join(f"{ours / theirs:.2f}" for ours, theirs in zip(best["flowlogs"], best["DuckDB"]))
    others = ", ".join(f"{tool} {cell(tool)}" for tool in tools if tool not in columns)
    ours, duckdb, clickhouse = map(cell, columns)
    return f"| {title} | {ours} | {duckdb} | {ratio} | {clickhouse} | {others} |"


main()
