-- updates of a column that is projected away leave the result unchanged
CREATE TABLE t1 (a INT, b INT, c3 INT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 't1', 'format' = 'debezium-json');
CREATE TABLE t2 (x INT, y INT, z INT) WITH ('connector' = 'kafka', 'topic' = 't2', 'format' = 'debezium-json');
CREATE TABLE snk (x INT, y INT, z INT, b INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT t2.x, t2.y, t2.z, t1.b FROM t2 LEFT JOIN t1 ON t2.x = t1.a;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[x, y, z, b], changelogMode=[NONE])
+- Calc(select=[x, y, z, b], changelogMode=[I,UB,UA,D])
   +- Join(joinType=[LeftOuterJoin], where=[(x = a)], select=[x, y, z, a, b], leftInputSpec=[NoUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
      :- Exchange(distribution=[hash[x]], changelogMode=[I,UB,UA,D])
      :  +- TableSourceScan(table=[[default_catalog, default_database, t2]], fields=[x, y, z], changelogMode=[I,UB,UA,D])
      +- Exchange(distribution=[hash[a]], changelogMode=[I,UB,UA,D])
         +- TableSourceScan(table=[[default_catalog, default_database, t1]], fields=[a, b], changelogMode=[I,UB,UA,D])

== State ==
Join(joinType=[LeftOuterJoin], where=[(x = a)], select=[x, y, z, a, b], leftInputSpec=[NoUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey])
  - left side: every distinct row with its count, by (x), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, by (a); grows with the rows of the right input, kept for ever
