-- INTERSECT with inserts and deletes
CREATE TABLE t1 (v1 INT, v2 INT) WITH ('connector' = 'kafka', 'topic' = 't1', 'format' = 'debezium-json');
CREATE TABLE t2 (v1 INT, v3 INT) WITH ('connector' = 'kafka', 'topic' = 't2', 'format' = 'debezium-json');
CREATE TABLE snk (v1 INT, v2 INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT * FROM t1 INTERSECT SELECT * FROM t2;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[v1, v2], changelogMode=[NONE])
+- Intersect(all=[false], changelogMode=[I,D])
   :- Exchange(distribution=[hash[v1, v2]], changelogMode=[I,UB,UA,D])
   :  +- TableSourceScan(table=[[default_catalog, default_database, t1]], fields=[v1, v2], changelogMode=[I,UB,UA,D])
   +- Exchange(distribution=[hash[v1, v3]], changelogMode=[I,UB,UA,D])
      +- TableSourceScan(table=[[default_catalog, default_database, t2]], fields=[v1, v3], changelogMode=[I,UB,UA,D])

== State ==
Intersect(all=[false])
  - two counters per distinct row; grows with the number of distinct rows of both sides, kept for ever
