"""The questions, in the language of each tool."""

TYPES = {
    "version": "INTEGER", "account_id": "VARCHAR", "interface_id": "VARCHAR", "srcaddr": "VARCHAR", "dstaddr": "VARCHAR",
    "srcport": "INTEGER", "dstport": "INTEGER", "protocol": "INTEGER", "packets": "BIGINT", "bytes": "BIGINT",
    "start": "BIGINT", "end": "BIGINT", "action": "VARCHAR", "log_status": "VARCHAR", "vpc_id": "VARCHAR",
    "subnet_id": "VARCHAR", "instance_id": "VARCHAR", "tcp_flags": "INTEGER", "type": "VARCHAR", "pkt_srcaddr": "VARCHAR",
    "pkt_dstaddr": "VARCHAR", "region": "VARCHAR", "az_id": "VARCHAR", "sublocation_type": "VARCHAR",
    "sublocation_id": "VARCHAR", "pkt_src_aws_service": "VARCHAR", "pkt_dst_aws_service": "VARCHAR",
    "flow_direction": "VARCHAR", "traffic_path": "INTEGER",
}
CLICKHOUSE_TYPES = {"INTEGER": "Int32", "BIGINT": "Int64", "VARCHAR": "String"}

# The name of each question, and its sentence.
SENTENCES = {
    "filter-count": "where reject and dst.port = 22 | count()",
    "top-10 by bytes": "top 10 src.addr by bytes",
    "newest 100 in a /24":
        "where src net 198.51.100.0/24 | show time, eni, src.addr, dst.addr, src.port, dst.port, bytes | limit 100",
    "time bins": "count(), sum(bytes) by bin(5m) | limit none",
}
SHOWN = "start, interface_id, srcaddr, dstaddr, srcport, dstport, bytes"
SQL = {
    "filter-count": "select count(*) from {t} where log_status = 'OK' and action = 'REJECT' and dstport = 22",
    "top-10 by bytes":
        "select srcaddr, sum(bytes) as b from {t} where log_status = 'OK' group by srcaddr order by b desc, srcaddr limit 10",
    # A prefix of text is faster than the network that it stands for.
    "newest 100 in a /24":
        f"select {SHOWN} from {{t}} where log_status = 'OK' and srcaddr like '198.51.100.%' "
        "order by start desc, interface_id, {by_src}, {by_dst}, srcport, dstport, bytes limit 100",
    "time bins":
        "select start - start % 300 as bin, count(*), sum(bytes) from {t} where log_status = 'OK' "
        "group by bin order by bin",
}
MAWK = {
    "filter-count": '$13 == "REJECT" && $7 == 22 && $14 == "OK" { n++ } END { print n }',
    "top-10 by bytes": '$14 == "OK" { b[$4] += $10 } END { for (a in b) printf "%s %.0f\\n", a, b[a] | "sort -k2nr | head" }',
    "time bins":
        '$14 == "OK" { t = $11 - $11 % 300; n[t]++; b[t] += $10 } '
        'END { for (t in n) printf "%d %d %.0f\\n", t, n[t], b[t] | "sort -n" }',
}
_PARSED = (
    '* | parse "* * * * * * * * * * * * * * *" as version, account, eni, src, dst, sport, dport, proto, packets, bytes, '
    "start, end, action, status, rest "
)
ANGLE_GRINDER = {
    "filter-count": _PARSED + '| where status == "OK" && action == "REJECT" && dport == 22 | count',
    "top-10 by bytes": _PARSED + '| where status == "OK" | sum(bytes) as b by src | sort by b desc | limit 10',
}
RIPGREP = {"filter-count": r"^(\S+ ){6}22 (\S+ ){5}REJECT OK "}


def duckdb_table(path):
    """The file as a table of DuckDB."""
    if path.suffix == ".parquet":
        return f"read_parquet('{path}')"
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in TYPES.items())
    return f"read_csv('{path}', delim=' ', header=true, nullstr='-', quote='', auto_detect=false, columns={{{columns}}})"


def clickhouse_table(path):
    """The file as a table of ClickHouse."""
    if path.suffix == ".parquet":
        return f"file('{path}', 'Parquet')"
    columns = ", ".join(f"`{name}` Nullable({CLICKHOUSE_TYPES[kind]})" for name, kind in TYPES.items())
    return f"file('{path}', 'CSV', '{columns}')"


CLICKHOUSE_SETTINGS = (
    " SETTINGS max_threads = 2, format_csv_delimiter = ' ', input_format_csv_allow_whitespace_or_tab_as_delimiter = 1, "
    "format_csv_null_representation = '-', input_format_csv_skip_first_lines = 1"
)


def by_value(column):
    """Four numbers, in whose order IPv4 addresses have theirs in DuckDB."""
    return f"list_transform(string_split({column}, '.'), lambda part: try_cast(part as integer))"


def duckdb_sql(question, path, exact=False):
    """The question to DuckDB; addresses in the order of their values only if `exact`, as that takes longer."""
    order = by_value if exact else str
    return SQL[question].format(t=duckdb_table(path), by_src=order("srcaddr"), by_dst=order("dstaddr"))


def clickhouse_sql(question, path):
    """The question to ClickHouse."""
    sql = SQL[question].format(t=clickhouse_table(path), by_src="srcaddr", by_dst="dstaddr")
    return sql + CLICKHOUSE_SETTINGS
