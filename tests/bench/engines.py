"""Runs one query after another in DuckDB or ClickHouse: `engines.py duckdb|clickhouse`.

A query comes as a line of JSON; its rows, seconds and processor seconds go back as one. A process that
waits for queries keeps the start of Python out of the measurement.
"""

import json
import sys
import time


def duckdb_rows(sql):
    import duckdb

    # A new database each time, so that no query profits from what another one cached.
    with duckdb.connect(config={"threads": 2}) as connection:
        return [list(row) for row in connection.execute(sql).fetchall()]


def clickhouse_rows(sql):
    import chdb

    text = str(chdb.query(sql, "JSONCompactEachRow"))
    return [json.loads(line) for line in text.splitlines()]


def main():
    rows_of = {"duckdb": duckdb_rows, "clickhouse": clickhouse_rows}[sys.argv[1]]
    rows_of("select 1")
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            answer = {"rows": rows_of(json.loads(line))}
        except Exception as error:
            answer = {"error": str(error).splitlines()[0]}
        answer |= {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        print(json.dumps(answer, default=str), flush=True)


main()
