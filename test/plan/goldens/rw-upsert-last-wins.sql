-- a primary key written twice: the last value wins
CREATE TABLE t2 (v1 INT, v2 INT, v3 INT) WITH ('connector' = 'kafka', 'topic' = 't2', 'format' = 'json');
CREATE TABLE snk (v1 INT, v2 INT, v3 INT, PRIMARY KEY (v1) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'snk');
INSERT INTO snk SELECT * FROM t2;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[v1, v2, v3], changelogMode=[NONE])
+- Exchange(distribution=[hash[v1]], changelogMode=[I])
   +- TableSourceScan(table=[[default_catalog, default_database, t2]], fields=[v1, v2, v3], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
