CREATE TABLE users (id BIGINT, name STRING, city STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'users');
CREATE TABLE orders (id BIGINT, user_id BIGINT, product STRING, amount INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'orders');
CREATE TABLE clicks (user_id BIGINT, url STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');
CREATE TABLE cdc (id INT, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 'cdc', 'format' = 'debezium-json');
CREATE TABLE append_sink (a BIGINT, b STRING) WITH ('connector' = 'kafka', 'topic' = 'o1', 'format' = 'json');
CREATE TABLE upsert_sink (a BIGINT, b STRING, c BIGINT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'o2');
CREATE TABLE print_sink (a BIGINT, b STRING) WITH ('connector' = 'print');
CREATE TABLE t (id INT, price DOUBLE, qty DOUBLE, ts TIMESTAMP(3), total AS price * qty, p AS PROCTIME(), off BIGINT METADATA FROM 'offset' VIRTUAL, sent TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE s (id INT, total DOUBLE, sent TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', k INT NOT NULL) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
INSERT INTO s (id, total, sent, k) SELECT id, total, sent, CAST(off AS INT) FROM t;
---- expect
Sink(table=[default_catalog.default_database.s], fields=[id, total, sent, k], changelogMode=[NONE])
+- Calc(select=[id, (price * qty) AS total, sent, CAST(off AS INT) AS k], changelogMode=[I])
   +- TableSourceScan(table=[[default_catalog, default_database, t, metadata=[offset, timestamp], watermark=[ts - INTERVAL '5' SECOND]]], fields=[id, price, qty, off, sent], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
----
SET 'execution.runtime-mode' = 'streaming';
SELECT * FROM t;
---- expect
Collect(fields=[id, price, qty, ts, total, p, off, sent], changelogMode=[I])
+- Exchange(distribution=[single], changelogMode=[I])
   +- Calc(select=[id, price, qty, ts, (price * qty) AS total, PROCTIME() AS p, off, sent], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, t, metadata=[offset, timestamp], watermark=[ts - INTERVAL '5' SECOND]]], fields=[id, price, qty, ts, off, sent], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
----
INSERT INTO print_sink VALUES (1, 'x'), (2, NULL);
---- expect
Sink(table=[default_catalog.default_database.print_sink], fields=[a, b], changelogMode=[NONE])
+- Calc(select=[CAST(EXPR$0 AS BIGINT) AS a, EXPR$1 AS b], changelogMode=[I])
   +- Values(tuples=[[{ 1, 'x' }, { 2, null:CHAR(1) }]], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
----
INSERT INTO print_sink (b) SELECT url FROM clicks;
---- expect
Sink(table=[default_catalog.default_database.print_sink], fields=[a, b], changelogMode=[NONE])
+- Calc(select=[null:BIGINT AS a, url AS b], changelogMode=[I])
   +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[url], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
