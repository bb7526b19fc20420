-- MIN, MAX, SUM, COUNT, AVG without GROUP BY
CREATE TABLE impulse (ts TIMESTAMP(3), counter BIGINT, subtask_index BIGINT, WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 'impulse', 'format' = 'json');
CREATE TABLE snk (mn BIGINT, mx BIGINT, sm BIGINT, cnt BIGINT, av DOUBLE) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT MIN(counter), MAX(counter), SUM(counter), COUNT(*), AVG(CAST(counter AS DOUBLE)) FROM impulse;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[mn, mx, sm, cnt, av], changelogMode=[NONE])
+- GroupAggregate(select=[MIN(counter) AS EXPR$0, MAX(counter) AS EXPR$1, SUM(counter) AS EXPR$2, COUNT(*) AS EXPR$3, AVG($f1) AS EXPR$4], changelogMode=[I,UB,UA])
   +- Exchange(distribution=[single], changelogMode=[I])
      +- Calc(select=[counter, CAST(counter AS DOUBLE) AS $f1], changelogMode=[I])
         +- TableSourceScan(table=[[default_catalog, default_database, impulse, watermark=[ts]]], fields=[counter], changelogMode=[I])

== State ==
GroupAggregate(select=[MIN(counter) AS EXPR$0, MAX(counter) AS EXPR$1, SUM(counter) AS EXPR$2, COUNT(*) AS EXPR$3, AVG($f1) AS EXPR$4])
  - one global group: accumulators of 5 calls; constant size
