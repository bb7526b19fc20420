-- AVG, SUM, COUNT without GROUP BY, two batches
CREATE TABLE t1 (v1 INT, v2 INT, v3 INT) WITH ('connector' = 'kafka', 'topic' = 't1', 'format' = 'json');
CREATE TABLE snk (avg_v1 DOUBLE, sum_v2 INT, count_v3 BIGINT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT ROUND(AVG(CAST(v1 AS DOUBLE)), 1), SUM(v2), COUNT(v3) FROM t1;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[avg_v1, sum_v2, count_v3], changelogMode=[NONE])
+- Calc(select=[ROUND(EXPR$0, 1) AS avg_v1, EXPR$1 AS sum_v2, EXPR$2 AS count_v3], changelogMode=[I,UB,UA])
   +- GroupAggregate(select=[AVG($f0) AS EXPR$0, SUM(v2) AS EXPR$1, COUNT(v3) AS EXPR$2], changelogMode=[I,UB,UA])
      +- Exchange(distribution=[single], changelogMode=[I])
         +- Calc(select=[CAST(v1 AS DOUBLE) AS $f0, v2, v3], changelogMode=[I])
            +- TableSourceScan(table=[[default_catalog, default_database, t1]], fields=[v1, v2, v3], changelogMode=[I])

== State ==
GroupAggregate(select=[AVG($f0) AS EXPR$0, SUM(v2) AS EXPR$1, COUNT(v3) AS EXPR$2])
  - one global group: accumulators of 3 calls; constant size
