-- EVERY / SOME through CASE and MIN/MAX with deletes
CREATE TABLE t (v BOOLEAN) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'debezium-json');
CREATE TABLE snk (all_v BOOLEAN, any_v BOOLEAN) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT MIN(CASE WHEN v THEN 1 ELSE 0 END) = 1, MAX(CASE WHEN v THEN 1 ELSE 0 END) = 1 FROM t;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[all_v, any_v], changelogMode=[NONE])
+- Calc(select=[(EXPR$0 = 1) AS all_v, (EXPR$1 = 1) AS any_v], changelogMode=[I,UB,UA,D])
   +- GroupAggregate(select=[MIN($f0) AS EXPR$0, MAX($f0) AS EXPR$1], changelogMode=[I,UB,UA,D])
      +- Exchange(distribution=[single], changelogMode=[I,UB,UA,D])
         +- Calc(select=[CASE(v, 1, 0) AS $f0], changelogMode=[I,UB,UA,D])
            +- TableSourceScan(table=[[default_catalog, default_database, t]], fields=[v], changelogMode=[I,UB,UA,D])

== State ==
GroupAggregate(select=[MIN($f0) AS EXPR$0, MAX($f0) AS EXPR$1])
  - one global group: accumulators of 2 calls; constant size
  - MIN($f0): its distinct values per group with counts; grows with them
  - MAX($f0): its distinct values per group with counts; grows with them
