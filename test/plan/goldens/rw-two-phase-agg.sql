-- MIN of a string, SUM, MIN per group
CREATE TABLE t (v1 INT, v2 INT, v3 STRING) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE snk (c1 STRING, c2 INT, c3 INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT MIN(v3), SUM(v1), MIN(v1) FROM t GROUP BY v1;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[c1, c2, c3], changelogMode=[NONE])
+- Calc(select=[EXPR$0 AS c1, EXPR$1 AS c2, EXPR$2 AS c3], changelogMode=[I,UB,UA])
   +- GroupAggregate(groupBy=[v1], select=[v1, MIN(v3) AS EXPR$0, SUM(v1) AS EXPR$1, MIN(v1) AS EXPR$2], changelogMode=[I,UB,UA])
      +- Exchange(distribution=[hash[v1]], changelogMode=[I])
         +- TableSourceScan(table=[[default_catalog, default_database, t]], fields=[v1, v3], changelogMode=[I])

== State ==
GroupAggregate(groupBy=[v1], select=[v1, MIN(v3) AS EXPR$0, SUM(v1) AS EXPR$1, MIN(v1) AS EXPR$2])
  - accumulators of 3 calls per group by (v1); grows with the number of distinct groups, kept for ever
