-- three-way join
CREATE TABLE t1 (v1 INT, v2 INT) WITH ('connector' = 'kafka', 'topic' = 't1', 'format' = 'json');
CREATE TABLE t2 (v3 INT, v4 INT) WITH ('connector' = 'kafka', 'topic' = 't2', 'format' = 'json');
CREATE TABLE t3 (v5 INT, v6 INT) WITH ('connector' = 'kafka', 'topic' = 't3', 'format' = 'json');
CREATE TABLE snk (v1 INT, v3 INT, v5 INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT v1, v3, v5 FROM t1, t2, t3 WHERE t1.v1 = t2.v3 AND t1.v1 = t3.v5;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[v1, v3, v5], changelogMode=[NONE])
+- Join(joinType=[InnerJoin], where=[(v1 = v5)], select=[v1, v3, v5], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
   :- Join(joinType=[InnerJoin], where=[(v1 = v3)], select=[v1, v3], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
   :  :- Exchange(distribution=[hash[v1]], changelogMode=[I])
   :  :  +- TableSourceScan(table=[[default_catalog, default_database, t1]], fields=[v1], changelogMode=[I])
   :  +- Exchange(distribution=[hash[v3]], changelogMode=[I])
   :     +- TableSourceScan(table=[[default_catalog, default_database, t2]], fields=[v3], changelogMode=[I])
   +- Exchange(distribution=[hash[v5]], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, t3]], fields=[v5], changelogMode=[I])

== State ==
Join(joinType=[InnerJoin], where=[(v1 = v3)], select=[v1, v3], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: every row, by (v1); grows with the rows of the left input, kept for ever
  - right side: every row, by (v3); grows with the rows of the right input, kept for ever
Join(joinType=[InnerJoin], where=[(v1 = v5)], select=[v1, v3, v5], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: every row, by (v1); grows with the rows of the left input, kept for ever
  - right side: every row, by (v5); grows with the rows of the right input, kept for ever
