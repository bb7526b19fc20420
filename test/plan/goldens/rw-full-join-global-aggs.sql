-- full join of two global aggregates on a nullable key
CREATE TABLE t (id INT, k STRING, amount INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE snk (k STRING, amount_1 INT, amount_2 INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT COALESCE(a.k, b.k), COALESCE(a.amount, 0), COALESCE(b.amount, 0) FROM (SELECT SUM(amount) AS amount, MAX(k) AS k FROM t WHERE id = 1) a FULL OUTER JOIN (SELECT SUM(amount) AS amount, MAX(k) AS k FROM t WHERE id = 2) b ON a.k = b.k;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[k, amount_1, amount_2], changelogMode=[NONE])
+- Calc(select=[CASE(EXPR$1 IS NOT NULL, EXPR$1, EXPR$1) AS k, CASE(EXPR$0 IS NOT NULL, EXPR$0, 0) AS amount_1, CASE(EXPR$0 IS NOT NULL, EXPR$0, 0) AS amount_2], changelogMode=[I,UB,UA,D])
   +- Join(joinType=[FullOuterJoin], where=[(EXPR$1 = EXPR$10)], select=[EXPR$0, EXPR$1, EXPR$00, EXPR$10], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
      :- Exchange(distribution=[hash[EXPR$1]], changelogMode=[I,UB,UA])
      :  +- GroupAggregate(select=[SUM(amount) AS EXPR$0, MAX(k) AS EXPR$1], changelogMode=[I,UB,UA])
      :     +- Exchange(distribution=[single], changelogMode=[I])
      :        +- Calc(select=[amount, k], where=[(id = 1)], changelogMode=[I])
      :           +- TableSourceScan(table=[[default_catalog, default_database, t]], fields=[id, k, amount], changelogMode=[I])(reuse_id=[1])
      +- Exchange(distribution=[hash[EXPR$1]], changelogMode=[I,UB,UA])
         +- GroupAggregate(select=[SUM(amount) AS EXPR$0, MAX(k) AS EXPR$1], changelogMode=[I,UB,UA])
            +- Exchange(distribution=[single], changelogMode=[I])
               +- Calc(select=[amount, k], where=[(id = 2)], changelogMode=[I])
                  +- Reused(reference_id=[1])

== State ==
GroupAggregate(select=[SUM(amount) AS EXPR$0, MAX(k) AS EXPR$1])
  - one global group: accumulators of 2 calls; constant size
GroupAggregate(select=[SUM(amount) AS EXPR$0, MAX(k) AS EXPR$1])
  - one global group: accumulators of 2 calls; constant size
Join(joinType=[FullOuterJoin], where=[(EXPR$1 = EXPR$10)], select=[EXPR$0, EXPR$1, EXPR$00, EXPR$10], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpe...
  - left side: at most one row per join key, by (EXPR$1), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, by (EXPR$1), with the number of its matches; grows with the rows of the right input, kept for ever
