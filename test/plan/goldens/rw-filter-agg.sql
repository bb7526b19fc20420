-- FILTER clauses
CREATE TABLE t (x INT, y INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE snk (count_x BIGINT, sum_y INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT COUNT(x) FILTER (WHERE x < 100), SUM(y) FILTER (WHERE y < 100) FROM t;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[count_x, sum_y], changelogMode=[NONE])
+- GroupAggregate(select=[COUNT(x) FILTER $f1 AS EXPR$0, SUM(y) FILTER $f3 AS EXPR$1], changelogMode=[I,UB,UA])
   +- Exchange(distribution=[single], changelogMode=[I])
      +- Calc(select=[x, (x < 100) AS $f1, y, (y < 100) AS $f3], changelogMode=[I])
         +- TableSourceScan(table=[[default_catalog, default_database, t]], fields=[x, y], changelogMode=[I])

== State ==
GroupAggregate(select=[COUNT(x) FILTER $f1 AS EXPR$0, SUM(y) FILTER $f3 AS EXPR$1])
  - one global group: accumulators of 2 calls; constant size
