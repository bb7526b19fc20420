-- left join: match arrives, match deleted, left row deleted
CREATE TABLE t1 (id INT, b INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 't1', 'format' = 'debezium-json');
CREATE TABLE t2 (id INT, b INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 't2', 'format' = 'debezium-json');
CREATE TABLE snk (t1_id INT, t2_id INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT t1.id, t2.id FROM t1 LEFT JOIN t2 ON t1.id = t2.id;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[t1_id, t2_id], changelogMode=[NONE])
+- Join(joinType=[LeftOuterJoin], where=[(id = id0)], select=[id, id0], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
   :- Exchange(distribution=[hash[id]], changelogMode=[I,UB,UA,D])
   :  +- TableSourceScan(table=[[default_catalog, default_database, t1]], fields=[id], changelogMode=[I,UB,UA,D])
   +- Exchange(distribution=[hash[id]], changelogMode=[I,UB,UA,D])
      +- TableSourceScan(table=[[default_catalog, default_database, t2]], fields=[id], changelogMode=[I,UB,UA,D])

== State ==
Join(joinType=[LeftOuterJoin], where=[(id = id0)], select=[id, id0], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey])
  - left side: at most one row per join key, by (id), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, by (id); grows with the rows of the right input, kept for ever
