-- UNION ALL with retractions
CREATE TABLE t1 (v1 INT, v2 INT, v4 INT) WITH ('connector' = 'kafka', 'topic' = 't1', 'format' = 'debezium-json');
CREATE TABLE t2 (v1 INT, v3 INT, v4 INT) WITH ('connector' = 'kafka', 'topic' = 't2', 'format' = 'debezium-json');
CREATE TABLE snk (v1 INT, v2 INT, v4 INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT * FROM t1 UNION ALL SELECT * FROM t2;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[v1, v2, v4], changelogMode=[NONE])
+- Union(all=[true], union=[v1, v2, v4], changelogMode=[I,UB,UA,D])
   :- TableSourceScan(table=[[default_catalog, default_database, t1]], fields=[v1, v2, v4], changelogMode=[I,UB,UA,D])
   +- TableSourceScan(table=[[default_catalog, default_database, t2]], fields=[v1, v3, v4], changelogMode=[I,UB,UA,D])

== State ==
No operator keeps rows; sources keep their positions only.
