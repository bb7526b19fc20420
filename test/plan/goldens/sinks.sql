CREATE TABLE users (id BIGINT, name STRING, city STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'users');
CREATE TABLE orders (id BIGINT, user_id BIGINT, product STRING, amount INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'orders');
CREATE TABLE clicks (user_id BIGINT, url STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');
CREATE TABLE cdc (id INT, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 'cdc', 'format' = 'debezium-json');
CREATE TABLE append_sink (a BIGINT, b STRING) WITH ('connector' = 'kafka', 'topic' = 'o1', 'format' = 'json');
CREATE TABLE upsert_sink (a BIGINT, b STRING, c BIGINT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'o2');
CREATE TABLE print_sink (a BIGINT, b STRING) WITH ('connector' = 'print');
-- a left join whose rows are identified by the order, written under the order's key: the join key is not in it, so the sink materializes
INSERT INTO upsert_sink SELECT o.id, u.name, u.id FROM orders o LEFT JOIN users u ON o.user_id = u.id;
---- expect
Sink(table=[default_catalog.default_database.upsert_sink], fields=[a, b, c], changelogMode=[NONE])
+- SinkUpsertMaterialize(key=[a], inputUpsertKey=[], changelogMode=[I,UA,D])
   +- Exchange(distribution=[hash[a]], changelogMode=[I,UB,UA,D])
      +- Calc(select=[id AS a, name AS b, id AS c], changelogMode=[I,UB,UA,D])
         +- Join(joinType=[LeftOuterJoin], where=[(user_id = id0)], select=[id, user_id, id0, name], leftInputSpec=[HasUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
            :- Exchange(distribution=[hash[user_id]], changelogMode=[I,UB,UA,D])
            :  +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
            :     +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
            :        +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, user_id], changelogMode=[I,UA,D])
            +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
               +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
                  +- TableSourceScan(table=[[default_catalog, default_database, users]], fields=[id, name], changelogMode=[I,UA,D])

== State ==
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
Join(joinType=[LeftOuterJoin], where=[(user_id = id0)], select=[id, user_id, id0, name], leftInputSpec=[HasUniqueKey], rightInputSpec=[JoinKeyContainsUniqueK...
  - left side: one row per (id), by (user_id), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, by (id); grows with the rows of the right input, kept for ever
SinkUpsertMaterialize(key=[a], inputUpsertKey=[])
  - the list of current rows per sink key (a); grows with the number of rows, kept for ever. It is needed because the sink's PRIMARY KEY is not the key that identifies the query's rows
----
-- groups written under their own key: no -U anywhere
INSERT INTO upsert_sink SELECT user_id, MAX(url), COUNT(*) FROM clicks GROUP BY user_id;
---- expect
Sink(table=[default_catalog.default_database.upsert_sink], fields=[a, b, c], changelogMode=[NONE])
+- GroupAggregate(groupBy=[user_id], select=[user_id, MAX(url) AS EXPR$0, COUNT(*) AS EXPR$1], changelogMode=[I,UA])
   +- Exchange(distribution=[hash[user_id]], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url], changelogMode=[I])

== State ==
GroupAggregate(groupBy=[user_id], select=[user_id, MAX(url) AS EXPR$0, COUNT(*) AS EXPR$1])
  - accumulators of 2 calls per group by (user_id); grows with the number of distinct groups, kept for ever
----
-- a filter on a count: groups that leave it are deleted, which takes -U from the aggregate
INSERT INTO upsert_sink SELECT user_id, MAX(url), COUNT(*) FROM clicks GROUP BY user_id HAVING COUNT(*) < 10;
---- expect
Sink(table=[default_catalog.default_database.upsert_sink], fields=[a, b, c], changelogMode=[NONE])
+- DropUpdateBefore(changelogMode=[I,UA,D])
   +- Calc(select=[user_id, EXPR$0, EXPR$1], where=[(EXPR$1 < 10)], changelogMode=[I,UB,UA,D])
      +- GroupAggregate(groupBy=[user_id], select=[user_id, MAX(url) AS EXPR$0, COUNT(*) AS EXPR$1], changelogMode=[I,UB,UA])
         +- Exchange(distribution=[hash[user_id]], changelogMode=[I])
            +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url], changelogMode=[I])

== State ==
GroupAggregate(groupBy=[user_id], select=[user_id, MAX(url) AS EXPR$0, COUNT(*) AS EXPR$1])
  - accumulators of 2 calls per group by (user_id); grows with the number of distinct groups, kept for ever
----
-- a changelog with -U under its key: the -U is dropped behind the source
INSERT INTO upsert_sink (a, c) SELECT id, v FROM cdc;
---- expect
Sink(table=[default_catalog.default_database.upsert_sink], fields=[a, b, c], changelogMode=[NONE])
+- Exchange(distribution=[hash[a]], changelogMode=[I,UA,D])
   +- Calc(select=[CAST(id AS BIGINT) AS a, null:STRING AS b, CAST(v AS BIGINT) AS c], changelogMode=[I,UA,D])
      +- DropUpdateBefore(changelogMode=[I,UA,D])
         +- TableSourceScan(table=[[default_catalog, default_database, cdc]], fields=[id, v], changelogMode=[I,UB,UA,D])

== State ==
No operator keeps rows; sources keep their positions only.
----
-- the key of the sink is not the key of the query
INSERT INTO upsert_sink (a, c) SELECT v, id FROM cdc;
---- expect
Sink(table=[default_catalog.default_database.upsert_sink], fields=[a, b, c], changelogMode=[NONE])
+- SinkUpsertMaterialize(key=[a], inputUpsertKey=[c], changelogMode=[I,UA,D])
   +- Exchange(distribution=[hash[a]], changelogMode=[I,UB,UA,D])
      +- Calc(select=[CAST(v AS BIGINT) AS a, null:STRING AS b, CAST(id AS BIGINT) AS c], changelogMode=[I,UB,UA,D])
         +- TableSourceScan(table=[[default_catalog, default_database, cdc]], fields=[id, v], changelogMode=[I,UB,UA,D])

== State ==
SinkUpsertMaterialize(key=[a], inputUpsertKey=[c])
  - the list of current rows per sink key (a); grows with the number of rows, kept for ever. It is needed because the sink's PRIMARY KEY is not the key that identifies the query's rows (c)
----
SET 'table.exec.sink.upsert-materialize' = 'NONE';
INSERT INTO upsert_sink (a, c) SELECT v, id FROM cdc;
---- expect
Sink(table=[default_catalog.default_database.upsert_sink], fields=[a, b, c], changelogMode=[NONE])
+- Exchange(distribution=[hash[a]], changelogMode=[I,UB,UA,D])
   +- Calc(select=[CAST(v AS BIGINT) AS a, null:STRING AS b, CAST(id AS BIGINT) AS c], changelogMode=[I,UB,UA,D])
      +- TableSourceScan(table=[[default_catalog, default_database, cdc]], fields=[id, v], changelogMode=[I,UB,UA,D])

== State ==
No operator keeps rows; sources keep their positions only.
----
SET 'table.exec.sink.upsert-materialize' = 'AUTO';
SET 'table.exec.source.cdc-events-duplicate' = 'true';
INSERT INTO upsert_sink (a, c) SELECT id, v FROM cdc;
---- expect
Sink(table=[default_catalog.default_database.upsert_sink], fields=[a, b, c], changelogMode=[NONE])
+- Exchange(distribution=[hash[a]], changelogMode=[I,UA,D])
   +- Calc(select=[CAST(id AS BIGINT) AS a, null:STRING AS b, CAST(v AS BIGINT) AS c], changelogMode=[I,UA,D])
      +- ChangelogNormalize(key=[id], changelogMode=[I,UA,D])
         +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
            +- DropUpdateBefore(changelogMode=[I,UA,D])
               +- TableSourceScan(table=[[default_catalog, default_database, cdc]], fields=[id, v], changelogMode=[I,UB,UA,D])

== State ==
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
