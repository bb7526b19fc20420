-- join on IS NOT DISTINCT FROM
CREATE TABLE t1 (v1 INT) WITH ('connector' = 'kafka', 'topic' = 't1', 'format' = 'json');
CREATE TABLE t2 (v2 BIGINT) WITH ('connector' = 'kafka', 'topic' = 't2', 'format' = 'json');
CREATE TABLE snk (v1 INT, v2 BIGINT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT * FROM t1 JOIN t2 ON CAST(v1 AS BIGINT) IS NOT DISTINCT FROM v2;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[v1, v2], changelogMode=[NONE])
+- Calc(select=[v1, v2], changelogMode=[I])
   +- Join(joinType=[InnerJoin], where=[($f1 IS NOT DISTINCT FROM v2)], select=[v1, $f1, v2], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
      :- Exchange(distribution=[hash[$f1]], changelogMode=[I])
      :  +- Calc(select=[v1, CAST(v1 AS BIGINT) AS $f1], changelogMode=[I])
      :     +- TableSourceScan(table=[[default_catalog, default_database, t1]], fields=[v1], changelogMode=[I])
      +- Exchange(distribution=[hash[v2]], changelogMode=[I])
         +- TableSourceScan(table=[[default_catalog, default_database, t2]], fields=[v2], changelogMode=[I])

== State ==
Join(joinType=[InnerJoin], where=[($f1 IS NOT DISTINCT FROM v2)], select=[v1, $f1, v2], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: every row, by ($f1); grows with the rows of the left input, kept for ever
  - right side: every row, by (v2); grows with the rows of the right input, kept for ever
