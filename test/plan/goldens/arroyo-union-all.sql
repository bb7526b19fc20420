-- UNION ALL of two topics
CREATE TABLE impulse (ts TIMESTAMP(3), counter BIGINT, subtask_index BIGINT, WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 'impulse', 'format' = 'json');
CREATE TABLE impulse2 (ts TIMESTAMP(3), counter BIGINT, subtask_index BIGINT, WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 'impulse2', 'format' = 'json');
CREATE TABLE snk (counter BIGINT, source STRING) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'json');
INSERT INTO snk SELECT counter, 'first' AS source FROM impulse UNION ALL SELECT counter, 'second' AS source FROM impulse2;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[counter, source], changelogMode=[NONE])
+- Union(all=[true], union=[counter, source], changelogMode=[I])
   :- Calc(select=[counter, 'first' AS source], changelogMode=[I])
   :  +- TableSourceScan(table=[[default_catalog, default_database, impulse, watermark=[ts]]], fields=[counter], changelogMode=[I])
   +- Calc(select=[counter, 'second' AS source], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, impulse2, watermark=[ts]]], fields=[counter], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
