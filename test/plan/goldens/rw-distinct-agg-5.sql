-- count distinct and other aggregates
CREATE TABLE t (v1 INT, v2 INT, v3 INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE snk (v1 INT, c2 BIGINT, mn INT, c3 BIGINT, m INT, PRIMARY KEY (v1) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'snk');
INSERT INTO snk SELECT v1, COUNT(DISTINCT v2), MIN(DISTINCT v2), COUNT(DISTINCT v3), MAX(v3) FROM t GROUP BY v1;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[v1, c2, mn, c3, m], changelogMode=[NONE])
+- GroupAggregate(groupBy=[v1], select=[v1, COUNT(DISTINCT v2) AS EXPR$0, MIN(DISTINCT v2) AS EXPR$1, COUNT(DISTINCT v3) AS EXPR$2, MAX(v3) AS EXPR$3], changelogMode=[I,UA])
   +- Exchange(distribution=[hash[v1]], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, t]], fields=[v1, v2, v3], changelogMode=[I])

== State ==
GroupAggregate(groupBy=[v1], select=[v1, COUNT(DISTINCT v2) AS EXPR$0, MIN(DISTINCT v2) AS EXPR$1, COUNT(DISTINCT v3) AS EXPR$2, MAX(v3) AS EXPR$3])
  - accumulators of 4 calls per group by (v1); grows with the number of distinct groups, kept for ever
  - COUNT(DISTINCT v2): its distinct values per group with counts; grows with them
  - MIN(DISTINCT v2): its distinct values per group with counts; grows with them
  - COUNT(DISTINCT v3): its distinct values per group with counts; grows with them
