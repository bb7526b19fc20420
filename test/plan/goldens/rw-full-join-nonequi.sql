-- full join with an inequality
CREATE TABLE t9 (v1 INT, v2 INT, v3 INT) WITH ('connector' = 'kafka', 'topic' = 't9', 'format' = 'json');
CREATE TABLE t10 (v1 INT, v2 INT, v3 INT) WITH ('connector' = 'kafka', 'topic' = 't10', 'format' = 'json');
CREATE TABLE snk (v1 INT, v2 INT, v3 INT, v10 INT, v20 INT, v30 INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT a.v1, a.v2, a.v3, b.v1, b.v2, b.v3 FROM t9 a FULL JOIN t10 b ON a.v1 = b.v1 AND a.v2 > b.v2;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[v1, v2, v3, v10, v20, v30], changelogMode=[NONE])
+- Join(joinType=[FullOuterJoin], where=[((v1 = v10) AND (v2 > v20))], select=[v1, v2, v3, v10, v20, v30], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I,D])
   :- Exchange(distribution=[hash[v1]], changelogMode=[I])
   :  +- TableSourceScan(table=[[default_catalog, default_database, t9]], fields=[v1, v2, v3], changelogMode=[I])
   +- Exchange(distribution=[hash[v1]], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, t10]], fields=[v1, v2, v3], changelogMode=[I])

== State ==
Join(joinType=[FullOuterJoin], where=[((v1 = v10) AND (v2 > v20))], select=[v1, v2, v3, v10, v20, v30], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUnique...
  - left side: every row, by (v1), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: every row, by (v1), with the number of its matches; grows with the rows of the right input, kept for ever
