-- count distinct and other aggregates
CREATE TABLE t (v1 INT, v2 INT, v3 INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE snk (c BIGINT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT COUNT(DISTINCT v1) FROM t;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[c], changelogMode=[NONE])
+- GroupAggregate(select=[COUNT(DISTINCT v1) AS EXPR$0], changelogMode=[I,UB,UA])
   +- Exchange(distribution=[single], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, t]], fields=[v1], changelogMode=[I])

== State ==
GroupAggregate(select=[COUNT(DISTINCT v1) AS EXPR$0])
  - one global group: accumulators of 1 call; constant size
  - COUNT(DISTINCT v1): its distinct values per group with counts; grows with them
