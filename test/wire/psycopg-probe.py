"""Run by pg-clients.test.ts with the port as argument: psycopg against the fake engine. Prints `ok` or fails."""
import datetime as dt
import decimal
import sys
import threading

import psycopg

port = int(sys.argv[1])
utc = dt.timezone.utc
with psycopg.connect(f"host=127.0.0.1 port={port} user=u dbname=d", autocommit=True) as conn:
    for binary in (False, True):
        cur = conn.execute("SELECT TYPES", binary=binary)
        row = dict(zip([c.name for c in cur.description], cur.fetchone()))
        assert (row["b"], row["t"], row["s"], row["i"], row["l"]) == (True, -128, -32768, 2147483647, 9007199254740993), row
        assert abs(row["f"] - 0.1) < 1e-7 and row["d"] == -1.5e300, row
        assert row["n"] == decimal.Decimal("-12345678901234567890.123456789012345678"), row
        assert (row["v"], row["x"], bytes(row["y"])) == ("vär", "naïve 🎈", b"\x00\xff\\"), row
        assert row["da"] == dt.date(2020, 2, 29) and row["ti"] == dt.time(12, 34, 56, 789000), row
        assert row["ts"] == dt.datetime(2020, 2, 29, 12, 34, 56, 789000), row
        assert row["ts6"] == dt.datetime(1969, 12, 31, 23, 59, 59, 999999), row
        assert row["tz"] == dt.datetime(2020, 2, 29, 12, 34, 56, 789000, utc), row
        assert row["id"] == dt.timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=5), row
        assert row["ai"] == [1, None, 3] and row["as"] == ["a b", "null", "", 'x"y\\z', None], row
        assert row["m"] == {"__proto__": 9007199254740993} and row["r"] == {"a": 1, "b": [["1970-01-01"], None]}, row
        for spec in ("%s", "%b", "%t"):
            values = [5, 70000, 2**40, -1.25, "x'ü", True, decimal.Decimal("-12.3456"), b"\x00\x01", dt.date(1999, 12, 31), dt.datetime(2001, 1, 1, 1, 1, 1, 123000), None]
            types = ["SMALLINT", "HINT", "BIGINT", "DOUBLE", "STRING", "BOOLEAN", "DECIMAL", "BYTES", "DATE", "TIMESTAMP", "INT"]
            echoed = conn.execute(f"SELECT ECHO({', '.join(f'{t} {spec}' for t in types)})", values, binary=binary).fetchone()
            assert list(echoed) == values, (spec, binary, echoed)
    assert len(conn.execute("SELECT SERIES 5000").fetchall()) == 5000
    assert sum(1 for _ in conn.cursor().stream("SELECT SERIES 3000")) == 3000
    try:
        conn.execute("SELECT boom")
        raise SystemExit("no error")
    except psycopg.errors.UndefinedColumn as e:
        assert e.diag.statement_position == "8" and e.diag.message_hint.startswith("Perhaps")
    with conn.pipeline():
        cursors = [conn.execute("SELECT ECHO(INT %s)", [i]) for i in range(20)]
    assert [c.fetchone()[0] for c in cursors] == list(range(20))
    with conn.cursor().copy("COPY TEXT") as copy:
        assert b"".join(copy).startswith(b"1\t")
    with conn.transaction():
        conn.execute("SELECT ONE", prepare=True)
    timer = threading.Timer(0.2, conn.cancel)
    timer.start()
    try:
        conn.execute("SELECT SLOW")
        raise SystemExit("not cancelled")
    except psycopg.errors.QueryCanceled:
        pass
    assert conn.execute("SELECT ONE").fetchone() == (1,)
print("ok")
