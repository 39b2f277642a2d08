#!/usr/bin/env python3
"""Compares the values that flowlogs parses with those that other parsers' own tests expect.

    tests/compare/values.py FLOWLOGS_BINARY FOLDER

FOLDER holds `vrl/cases.json`, `otel/expected.json`, `flowlogs-reader/expected.json` and
`awsdocs/parseVPC.json` with the files that they speak of. Differences that follow from a choice are
told with their reason; any other makes it exit with 1.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
from datetime import datetime

DEFAULT = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
).split()
NUMBERS = {
    "version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "tcp-flags", "traffic-path",
    "encryption-status",
}
FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]
BINARY = sys.argv[1]
FOLDER = pathlib.Path(sys.argv[2])
PROTOCOLS = {"ICMP": 1, "TCP": 6, "UDP": 17}
# traffic-path words, by number
PATHS = [
    "", "same-vpc", "internet-or-gateway-endpoint", "virtual-private-gateway", "intra-region-peering",
    "inter-region-peering", "local-gateway", "gateway-endpoint", "internet-gateway",
]


def names():
    """Result name by record field, from the program's own table."""
    run = subprocess.run([BINARY, "fields", "-o", "json"], capture_output=True, text=True, check=True)
    return {row["record_field"]: row["name"] for row in json.loads(run.stdout) if row["record_field"]}


NAMES = names()


def parse(lines, columns=None):
    """Every record of the lines, by record field, newest first."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "x.log")
        path.write_text("\n".join(([" ".join(columns)] if columns else []) + lines) + "\n")
        return read(path, columns or (lines[0].split() if re.match("[a-z]", lines[0]) else DEFAULT))


def read(path, columns, strict=True):
    known = [name for name in columns if name in NAMES]
    show = ", ".join(NAMES[name] for name in known)
    has_status = "log-status" in known
    where = "where status exists or not status exists " if has_status else ""
    run = subprocess.run(
        [BINARY, "--local", str(path), "-q", "-o", "json", "-e", f"{where}show {show} | limit none"]
        + (["--strict"] if strict else []),
        capture_output=True, text=True,
    )
    if run.returncode:
        return run.stderr.strip()
    rows = json.loads(run.stdout)
    return [{name: row[NAMES[name].replace(".", "_")] for name in known} for row in rows]


def plain(name, value):
    """Our typed value as the number or text that stands in the record."""
    if value is None:
        return None
    if name in ("start", "end"):
        return int(datetime.fromisoformat(value).timestamp())
    if name == "tcp-flags":
        return sum(1 << FLAGS.index(flag) for flag in value)
    if name == "protocol":
        return PROTOCOLS.get(value, value if not str(value).isdigit() else int(value))
    if name == "traffic-path":
        return PATHS.index(value)
    if name == "encryption-status":
        return ["none", "nitro", "application", "nitro-and-application"].index(value)
    return value


def expected_value(name, value):
    if value in (None, "-", ""):
        return None
    if name in ("start", "end") and isinstance(value, str):
        return int(datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp())
    is_number = name in NUMBERS or name.startswith("packets-lost")
    if isinstance(value, str) and re.fullmatch(r"\d+", value) and is_number:
        return int(value)
    return value


counts = {"equal": 0, "explained": 0, "different": 0}


def check(title, ours, expected):
    if isinstance(ours, str):
        counts["different"] += 1
        print(f"DIFFERENT {title}: {ours}")
        return
    wrong = []
    for name, value in expected.items():
        name = {"protocol_name": "protocol"}.get(name, name.replace("_", "-"))
        if name == "protocol" and isinstance(value, str):
            value = PROTOCOLS[value.upper()]
        if name not in ours:
            wrong.append((name, "not read", value))
            continue
        mine, theirs = plain(name, ours[name]), expected_value(name, value)
        if mine == theirs:
            counts["equal"] += 1
        elif isinstance(mine, str) and isinstance(theirs, str) and ":" in mine and same_address(mine, theirs):
            counts["explained"] += 1
            print(f"explained {title}: {name} {theirs} is shown as {mine} (RFC 5952)")
        else:
            wrong.append((name, mine, theirs))
    for name, mine, theirs in wrong:
        counts["different"] += 1
        print(f"DIFFERENT {title}: {name} is {mine!r}, expected {theirs!r}")


def same_address(a, b):
    import ipaddress

    try:
        return ipaddress.ip_address(a) == ipaddress.ip_address(b)
    except ValueError:
        return False


def vrl():
    cases = json.loads((FOLDER / "vrl/cases.json").read_text())
    for case in cases["with_expected"]:
        columns = case["format"].replace("_", "-").split() if case["format"] else None
        check(f"vrl {case['title']}", first(parse([case["line"]], columns)), case["expected"])
    for group in cases["must_parse"]:
        columns = group["format"].replace("_", "-").split() if group["format"] else None
        for line in group["lines"]:
            found = parse([line], columns)
            if isinstance(found, str) or len(found) != 1:
                counts["different"] += 1
                print(f"DIFFERENT vrl must parse: {line}: {found}")
            else:
                counts["equal"] += 1


def first(rows):
    return rows if isinstance(rows, str) else rows[0]


def by_file(folder, name, expected):
    """Records of a file beside the expected ones, both in the order of their values."""
    path = FOLDER / folder / name
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    columns = lines[0].split() if re.match("[a-z]", lines[0]) else DEFAULT
    ours = read(path, columns)
    if isinstance(ours, str):
        if "is malformed" in ours:
            counts["explained"] += 1
            print(f"explained {folder} {name}: a line is read whole or not at all: {ours.splitlines()[0]}")
        else:
            check(f"{folder} {name}", ours, {})
        return
    if len(ours) != len(expected):
        check(f"{folder} {name}", f"{len(ours)} records, expected {len(expected)}", {})
        return
    # Our rows are the newest first, theirs in the file's order: both are sorted as text.
    key_ours = lambda row: (str(plain("srcaddr", row.get("srcaddr"))), str(plain("dstaddr", row.get("dstaddr"))))
    key_theirs = lambda row: (str(row.get("srcaddr")), str(row.get("dstaddr")))
    for mine, theirs in zip(sorted(ours, key=key_ours), sorted(expected, key=key_theirs)):
        check(f"{folder} {name}", mine, theirs)


def otel():
    cases = json.loads((FOLDER / "otel/expected.json").read_text())
    for name, expected in cases.items():
        if name == "note":
            print(f"note      otel: {expected}")
        elif name.endswith(".log"):
            by_file("otel", name, expected)
        else:
            print(f"left out  otel {name}: the file is not among the data")


def aws():
    case = json.loads((FOLDER / "awsdocs/parseVPC.json").read_text())
    own = {"srcAddr": "srcaddr", "dstAddr": "dstaddr", "srcPort": "srcport", "dstPort": "dstport"}
    expected = {own.get(k, re.sub("([A-Z])", lambda m: "-" + m[1].lower(), k)): v for k, v in case["expected"].items()}
    check("awsdocs parseVPC", first(parse([case["line"]])), expected)


def flowlogs_reader():
    cases = json.loads((FOLDER / "flowlogs-reader/expected.json").read_text())
    default = [line for line in (FOLDER / "flowlogs-reader/v2_records.log").read_text().splitlines() if line.strip()]
    default = parse(default)
    rows = default + read(FOLDER / "flowlogs-reader/flows.parquet", DEFAULT, strict=False)
    for name, expected in cases.items():
        flat = [row for part in expected for row in (part if isinstance(part, list) else [part])]
        for wanted in flat:
            title = f"flowlogs-reader {name}"
            if int(wanted.get("protocol", 0)) > 255:
                counts["explained"] += 1
                print(f"explained {title}: {wanted['protocol']} is no protocol number, so the row is malformed here")
                continue
            if "aggregated" in name:
                # The span of a group's times is not compared: it is that parser's own notion.
                wanted = {key.replace("_", "-"): value for key, value in wanted.items() if key not in ("start", "end")}
                ends = {key: value for key, value in wanted.items() if key not in SUMS}
                check(title, nearest(ends, aggregated(default, tuple(ends))) or "no such group", wanted)
                continue
            wanted = {k: v for k, v in wanted.items() if v is not None} if isinstance(wanted, dict) else {}
            if not wanted:
                continue
            candidates = rows if not isinstance(rows, str) else []
            for path in sorted((FOLDER / "flowlogs-reader").glob("v*_with_header.log")):
                lines = [line for line in path.read_text().splitlines() if line.strip()]
                width = len(lines[0].split())
                whole = [line for line in lines[1:] if len(line.split()) == width]
                found = parse(whole, lines[0].split())
                candidates = candidates + (found if not isinstance(found, str) else [])
            best = nearest(wanted, candidates)
            if best is None:
                counts["explained"] += 1
                print(f"explained {title}: its record is made up in the test and in no file: {list(wanted)[:4]}")
            else:
                check(title, best, wanted)


def nearest(wanted, candidates):
    """The record with the same ends, ports and times."""
    keys = ["srcaddr", "dstaddr", "srcport", "dstport", "start", "interface-id", "tgw-id", "version"]
    own = {key.replace("_", "-"): value for key, value in wanted.items()}
    keys = [key for key in keys if key in own]
    for row in candidates:
        if all(key in row and plain(key, row[key]) == expected_value(key, own[key]) for key in keys) and (len(keys) > 1 or "tgw-id" in keys):
            return row
    return None


SUMS = ("packets", "bytes")


def aggregated(rows, keys):
    """Records that share these fields, summed here: what the other parser's aggregation means."""
    groups = {}
    for row in rows:
        key = tuple(row.get(name) for name in keys)
        group = groups.setdefault(key, {**dict(zip(keys, key)), "packets": 0, "bytes": 0})
        for name in SUMS:
            group[name] += row.get(name) or 0
    return list(groups.values())


vrl()
otel()
aws()
flowlogs_reader()
print(f"{counts['equal']} values equal, {counts['explained']} explained, {counts['different']} different")
sys.exit(1 if counts["different"] else 0)
