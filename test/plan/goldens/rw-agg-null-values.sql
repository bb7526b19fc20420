-- aggregates skip NULLs; a group with NULL arguments
CREATE TABLE t4 (v1 DOUBLE, v2 INT, v3 INT) WITH ('connector' = 'kafka', 'topic' = 't4', 'format' = 'json');
CREATE TABLE snk (sum_v1 DOUBLE, min_v1 DOUBLE, max_v1 DOUBLE, v3 INT, PRIMARY KEY (v3) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'snk');
INSERT INTO snk SELECT SUM(v1), MIN(v1), MAX(v1), v3 FROM t4 GROUP BY v3;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[sum_v1, min_v1, max_v1, v3], changelogMode=[NONE])
+- Calc(select=[EXPR$0 AS sum_v1, EXPR$1 AS min_v1, EXPR$2 AS max_v1, v3], changelogMode=[I,UA])
   +- GroupAggregate(groupBy=[v3], select=[v3, SUM(v1) AS EXPR$0, MIN(v1) AS EXPR$1, MAX(v1) AS EXPR$2], changelogMode=[I,UA])
      +- Exchange(distribution=[hash[v3]], changelogMode=[I])
         +- Calc(select=[v3, v1], changelogMode=[I])
            +- TableSourceScan(table=[[default_catalog, default_database, t4]], fields=[v1, v3], changelogMode=[I])

== State ==
GroupAggregate(groupBy=[v3], select=[v3, SUM(v1) AS EXPR$0, MIN(v1) AS EXPR$1, MAX(v1) AS EXPR$2])
  - accumulators of 3 calls per group by (v3); grows with the number of distinct groups, kept for ever
