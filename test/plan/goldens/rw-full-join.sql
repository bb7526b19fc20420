-- full join without matches
CREATE TABLE t7 (v1 INT, v2 INT, v3 INT) WITH ('connector' = 'kafka', 'topic' = 't7', 'format' = 'json');
CREATE TABLE t8 (v1 INT, v2 INT, v3 INT) WITH ('connector' = 'kafka', 'topic' = 't8', 'format' = 'json');
CREATE TABLE snk (v1 INT, v2 INT, v3 INT, v10 INT, v20 INT, v30 INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT a.v1, a.v2, a.v3, b.v1, b.v2, b.v3 FROM t7 a FULL JOIN t8 b ON a.v1 = b.v1;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[v1, v2, v3, v10, v20, v30], changelogMode=[NONE])
+- Join(joinType=[FullOuterJoin], where=[(v1 = v10)], select=[v1, v2, v3, v10, v20, v30], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I,D])
   :- Exchange(distribution=[hash[v1]], changelogMode=[I])
   :  +- TableSourceScan(table=[[default_catalog, default_database, t7]], fields=[v1, v2, v3], changelogMode=[I])
   +- Exchange(distribution=[hash[v1]], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, t8]], fields=[v1, v2, v3], changelogMode=[I])

== State ==
Join(joinType=[FullOuterJoin], where=[(v1 = v10)], select=[v1, v2, v3, v10, v20, v30], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: every row, by (v1), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: every row, by (v1), with the number of its matches; grows with the rows of the right input, kept for ever
