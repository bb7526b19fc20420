-- count distinct and other aggregates
CREATE TABLE t (v1 INT, v2 INT, v3 INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE snk (v2 INT, c BIGINT, m INT, PRIMARY KEY (v2) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'snk');
INSERT INTO snk SELECT v2, COUNT(DISTINCT v1), MAX(v3) FROM t GROUP BY v2;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[v2, c, m], changelogMode=[NONE])
+- GroupAggregate(groupBy=[v2], select=[v2, COUNT(DISTINCT v1) AS EXPR$0, MAX(v3) AS EXPR$1], changelogMode=[I,UA])
   +- Exchange(distribution=[hash[v2]], changelogMode=[I])
      +- Calc(select=[v2, v1, v3], changelogMode=[I])
         +- TableSourceScan(table=[[default_catalog, default_database, t]], fields=[v1, v2, v3], changelogMode=[I])

== State ==
GroupAggregate(groupBy=[v2], select=[v2, COUNT(DISTINCT v1) AS EXPR$0, MAX(v3) AS EXPR$1])
  - accumulators of 2 calls per group by (v2); grows with the number of distinct groups, kept for ever
  - COUNT(DISTINCT v1): its distinct values per group with counts; grows with them
