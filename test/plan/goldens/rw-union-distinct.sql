-- UNION with retractions
CREATE TABLE t1 (v1 INT, v2 INT, v4 INT) WITH ('connector' = 'kafka', 'topic' = 't1', 'format' = 'debezium-json');
CREATE TABLE t2 (v1 INT, v3 INT, v4 INT) WITH ('connector' = 'kafka', 'topic' = 't2', 'format' = 'debezium-json');
CREATE TABLE snk (v1 INT, v2 INT, v4 INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT * FROM t1 UNION SELECT * FROM t2;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[v1, v2, v4], changelogMode=[NONE])
+- GroupAggregate(groupBy=[v1, v2, v4], select=[v1, v2, v4], changelogMode=[I,UB,UA,D])
   +- Exchange(distribution=[hash[v1, v2, v4]], changelogMode=[I,UB,UA,D])
      +- Union(all=[true], union=[v1, v2, v4], changelogMode=[I,UB,UA,D])
         :- TableSourceScan(table=[[default_catalog, default_database, t1]], fields=[v1, v2, v4], changelogMode=[I,UB,UA,D])
         +- TableSourceScan(table=[[default_catalog, default_database, t2]], fields=[v1, v3, v4], changelogMode=[I,UB,UA,D])

== State ==
GroupAggregate(groupBy=[v1, v2, v4], select=[v1, v2, v4])
  - a count of its rows per group by (v1, v2, v4); grows with the number of distinct groups, kept for ever
