-- the same as a scalar subquery in WHERE
CREATE TABLE t1 (v1 INT) WITH ('connector' = 'kafka', 'topic' = 't1', 'format' = 'debezium-json');
CREATE TABLE t2 (v2 INT) WITH ('connector' = 'kafka', 'topic' = 't2', 'format' = 'debezium-json');
CREATE TABLE snk (v1 INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT v1 FROM t1 WHERE v1 > (SELECT MAX(v2) FROM t2);
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[v1], changelogMode=[NONE])
+- Calc(select=[v1], changelogMode=[I,UB,UA,D])
   +- Join(joinType=[InnerJoin], where=[(v1 > EXPR$0)], select=[v1, EXPR$0], leftInputSpec=[NoUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
      :- Exchange(distribution=[single], changelogMode=[I,UB,UA,D])
      :  +- TableSourceScan(table=[[default_catalog, default_database, t1]], fields=[v1], changelogMode=[I,UB,UA,D])
      +- GroupAggregate(select=[MAX(v2) AS EXPR$0], changelogMode=[I,UB,UA,D])
         +- Exchange(distribution=[single], changelogMode=[I,UB,UA,D])
            +- TableSourceScan(table=[[default_catalog, default_database, t2]], fields=[v2], changelogMode=[I,UB,UA,D])

== State ==
GroupAggregate(select=[MAX(v2) AS EXPR$0])
  - one global group: accumulators of 1 call; constant size
  - MAX(v2): its distinct values per group with counts; grows with them
Join(joinType=[InnerJoin], where=[(v1 > EXPR$0)], select=[v1, EXPR$0], leftInputSpec=[NoUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey])
  - left side: every distinct row with its count, all in one task, without a key; grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, all in one task, without a key; grows with the rows of the right input, kept for ever
