-- join with an inline VALUES table
CREATE TABLE t (v INT, c STRING) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE snk (v INT, c STRING, abbr STRING, full_name STRING) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk WITH dict(abbr, full_name) AS (VALUES ('cn', 'China'), ('us', 'United States')) SELECT * FROM t JOIN dict ON t.c = dict.full_name;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[v, c, abbr, full_name], changelogMode=[NONE])
+- Join(joinType=[InnerJoin], where=[(c = full_name)], select=[v, c, abbr, full_name], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
   :- Exchange(distribution=[hash[c]], changelogMode=[I])
   :  +- TableSourceScan(table=[[default_catalog, default_database, t]], fields=[v, c], changelogMode=[I])
   +- Exchange(distribution=[hash[full_name]], changelogMode=[I])
      +- Values(tuples=[[{ 'cn', 'China' }, { 'us', 'United States' }]], changelogMode=[I])

== State ==
Join(joinType=[InnerJoin], where=[(c = full_name)], select=[v, c, abbr, full_name], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: every row, by (c); grows with the rows of the left input, kept for ever
  - right side: every row, by (full_name); grows with the rows of the right input, kept for ever
