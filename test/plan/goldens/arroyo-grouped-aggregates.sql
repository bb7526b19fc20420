-- the same per counter MOD 5
CREATE TABLE impulse (ts TIMESTAMP(3), counter BIGINT, subtask_index BIGINT, WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 'impulse', 'format' = 'json');
CREATE TABLE snk (counter_mod BIGINT, mn BIGINT, mx BIGINT, sm BIGINT, cnt BIGINT, av DOUBLE, PRIMARY KEY (counter_mod) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'snk');
INSERT INTO snk SELECT MOD(counter, 5), MIN(counter), MAX(counter), SUM(counter), COUNT(*), AVG(CAST(counter AS DOUBLE)) FROM impulse GROUP BY MOD(counter, 5);
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[counter_mod, mn, mx, sm, cnt, av], changelogMode=[NONE])
+- GroupAggregate(groupBy=[$f0], select=[$f0, MIN(counter) AS EXPR$0, MAX(counter) AS EXPR$1, SUM(counter) AS EXPR$2, COUNT(*) AS EXPR$3, AVG($f2) AS EXPR$4], changelogMode=[I,UA])
   +- Exchange(distribution=[hash[$f0]], changelogMode=[I])
      +- Calc(select=[MOD(counter, 5) AS $f0, counter, CAST(counter AS DOUBLE) AS $f2], changelogMode=[I])
         +- TableSourceScan(table=[[default_catalog, default_database, impulse, watermark=[ts]]], fields=[counter], changelogMode=[I])

== State ==
GroupAggregate(groupBy=[$f0], select=[$f0, MIN(counter) AS EXPR$0, MAX(counter) AS EXPR$1, SUM(counter) AS EXPR$2, COUNT(*) AS EXPR$3, AVG($f2) AS EXPR$4])
  - accumulators of 5 calls per group by ($f0); grows with the number of distinct groups, kept for ever
