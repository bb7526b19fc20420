-- EXISTS over a left join with NULL keys
CREATE TABLE t1 (x INT, y INT) WITH ('connector' = 'kafka', 'topic' = 't1', 'format' = 'json');
CREATE TABLE t2 (x INT, y INT) WITH ('connector' = 'kafka', 'topic' = 't2', 'format' = 'json');
CREATE TABLE snk (x INT, y INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT * FROM t1 WHERE EXISTS (SELECT t2.x FROM t2 WHERE t1.x = t2.x);
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[x, y], changelogMode=[NONE])
+- Join(joinType=[LeftSemiJoin], where=[(x = x0)], select=[x, y], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
   :- Exchange(distribution=[hash[x]], changelogMode=[I])
   :  +- TableSourceScan(table=[[default_catalog, default_database, t1]], fields=[x, y], changelogMode=[I])
   +- Exchange(distribution=[hash[x]], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, t2]], fields=[x], changelogMode=[I])

== State ==
Join(joinType=[LeftSemiJoin], where=[(x = x0)], select=[x, y], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: every row, by (x), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: every row, by (x); grows with the rows of the right input, kept for ever
