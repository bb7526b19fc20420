CREATE TABLE orders (id BIGINT, user_id BIGINT, country STRING, amount INT, proctime AS PROCTIME()) WITH ('connector'='kafka', 'topic'='o', 'format'='json');
CREATE TABLE users (id BIGINT, name STRING, kind STRING, country STRING, upper_name AS UPPER(name), PRIMARY KEY (id) NOT ENFORCED) WITH ('connector'='mysql', 'table-name'='users');
CREATE TABLE people (id INT, name VARCHAR(20)) WITH ('connector'='mysql', 'table-name'='people', 'lookup.cache.strategy'='ALL');
CREATE TABLE cdc (id BIGINT, user_id BIGINT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector'='kafka', 'topic'='c', 'format'='debezium-json');
CREATE TABLE out1 (id BIGINT, name STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector'='upsert-kafka', 'topic'='out1');
INSERT INTO out1 SELECT o.id, u.name FROM orders AS o JOIN users FOR SYSTEM_TIME AS OF o.proctime AS u ON o.user_id = u.id
---- expect
Sink(table=[default_catalog.default_database.out1], fields=[id, name], changelogMode=[NONE])
+- Exchange(distribution=[hash[id]], changelogMode=[I])
   +- Calc(select=[id, name], changelogMode=[I])
      +- LookupJoin(table=[default_catalog.default_database.users], joinType=[InnerJoin], lookup=[id=user_id], select=[id, user_id, id0, name], changelogMode=[I])
         +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, user_id], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
----
-- Constants and conditions on the table are part of the question or of the check behind it; a computed column of a padded row is NULL.
INSERT INTO out1 SELECT o.id, u.upper_name FROM orders AS o LEFT JOIN users FOR SYSTEM_TIME AS OF o.proctime AS u ON o.user_id = u.id AND u.kind = 'vip' AND o.amount > 10 AND u.country <> o.country
---- expect
Sink(table=[default_catalog.default_database.out1], fields=[id, name], changelogMode=[NONE])
+- Exchange(distribution=[hash[id]], changelogMode=[I])
   +- Calc(select=[id, upper_name AS name], changelogMode=[I])
      +- Calc(select=[id, user_id, country, amount, id, country, CASE(id IS NOT NULL, UPPER(name), null:STRING) AS upper_name], changelogMode=[I])
         +- LookupJoin(table=[default_catalog.default_database.users], joinType=[LeftOuterJoin], lookup=[id=user_id, kind='vip'], where=[((amount > 10) AND (country0 <> country))], select=[id, user_id, country, amount, id0, name, kind, country0], changelogMode=[I])
            +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, user_id, country, amount], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
----
-- A filter above a LEFT JOIN that a padded row cannot pass makes it INNER.
INSERT INTO out1 SELECT o.id, u.name FROM orders AS o LEFT JOIN users FOR SYSTEM_TIME AS OF PROCTIME() AS u ON o.user_id = u.id WHERE u.kind = 'vip'
---- expect
Sink(table=[default_catalog.default_database.out1], fields=[id, name], changelogMode=[NONE])
+- Exchange(distribution=[hash[id]], changelogMode=[I])
   +- Calc(select=[id, name], changelogMode=[I])
      +- Calc(select=[id, user_id, id, name], changelogMode=[I])
         +- LookupJoin(table=[default_catalog.default_database.users], joinType=[InnerJoin], lookup=[id=user_id, kind='vip'], select=[id, user_id, id0, name, kind], changelogMode=[I])
            +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, user_id], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
----
-- A narrower column of the table still is the key; without a PRIMARY KEY several rows may be found.
INSERT INTO out1 SELECT o.id, p.name FROM orders AS o JOIN people FOR SYSTEM_TIME AS OF o.proctime AS p ON o.user_id = p.id
---- expect
Sink(table=[default_catalog.default_database.out1], fields=[id, name], changelogMode=[NONE])
+- Exchange(distribution=[hash[id]], changelogMode=[I])
   +- Calc(select=[id, name], changelogMode=[I])
      +- Calc(select=[id, user_id, name, CAST(id AS BIGINT) AS $f2], changelogMode=[I])
         +- LookupJoin(table=[default_catalog.default_database.people], joinType=[InnerJoin], lookup=[id=user_id], select=[id, user_id, id0, name], cache=[ALL], changelogMode=[I])
            +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, user_id], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
----
-- Changes of the left side pass through.
INSERT INTO out1 SELECT c.id, u.name FROM (SELECT *, PROCTIME() AS p FROM cdc) AS c LEFT JOIN users FOR SYSTEM_TIME AS OF c.p AS u ON c.user_id = u.id
---- expect
Sink(table=[default_catalog.default_database.out1], fields=[id, name], changelogMode=[NONE])
+- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
   +- Calc(select=[id, name], changelogMode=[I,UA,D])
      +- LookupJoin(table=[default_catalog.default_database.users], joinType=[LeftOuterJoin], lookup=[id=user_id], select=[id, user_id, id0, name], changelogMode=[I,UA,D])
         +- DropUpdateBefore(changelogMode=[I,UA,D])
            +- TableSourceScan(table=[[default_catalog, default_database, cdc]], fields=[id, user_id], changelogMode=[I,UB,UA,D])

== State ==
No operator keeps rows; sources keep their positions only.
----
INSERT INTO out1 SELECT c.id, u.name FROM (SELECT *, PROCTIME() AS p FROM cdc) AS c JOIN users FOR SYSTEM_TIME AS OF c.p AS u ON c.user_id = u.id
---- expect
Sink(table=[default_catalog.default_database.out1], fields=[id, name], changelogMode=[NONE])
+- Exchange(distribution=[hash[id]], changelogMode=[I,UB,UA,D])
   +- Calc(select=[id, name], changelogMode=[I,UB,UA,D])
      +- LookupJoin(table=[default_catalog.default_database.users], joinType=[InnerJoin], lookup=[id=user_id], select=[id, user_id, id0, name], changelogMode=[I,UB,UA,D])
         +- TableSourceScan(table=[[default_catalog, default_database, cdc]], fields=[id, user_id], changelogMode=[I,UB,UA,D])

== State ==
No operator keeps rows; sources keep their positions only.
----
INSERT INTO out1 SELECT c.id, p.name FROM (SELECT *, PROCTIME() AS p FROM cdc) AS c JOIN people FOR SYSTEM_TIME AS OF c.p AS p ON c.user_id = p.id
---- expect
Sink(table=[default_catalog.default_database.out1], fields=[id, name], changelogMode=[NONE])
+- SinkUpsertMaterialize(key=[id], inputUpsertKey=[], changelogMode=[I,UA,D])
   +- Exchange(distribution=[hash[id]], changelogMode=[I,D])
      +- Calc(select=[id, name], changelogMode=[I,D])
         +- Calc(select=[id, user_id, name, CAST(id AS BIGINT) AS $f2], changelogMode=[I,D])
            +- LookupJoin(table=[default_catalog.default_database.people], joinType=[InnerJoin], lookup=[id=user_id], select=[id, user_id, id0, name], cache=[ALL], changelogMode=[I,D])
               +- TableSourceScan(table=[[default_catalog, default_database, cdc]], fields=[id, user_id], changelogMode=[I,UB,UA,D])

== State ==
SinkUpsertMaterialize(key=[id], inputUpsertKey=[])
  - the list of current rows per sink key (id); grows with the number of rows, kept for ever. It is needed because the sink's PRIMARY KEY is not the key that identifies the query's rows
----
CREATE VIEW v AS SELECT id, user_id, proctime AS pt FROM orders;
SELECT v.id, a.name, b.name FROM v JOIN users FOR SYSTEM_TIME AS OF v.pt AS a ON v.user_id = a.id JOIN people FOR SYSTEM_TIME AS OF v.pt AS b ON a.id = b.id AND a.name <> b.name
---- expect
Collect(fields=[id, name, name], changelogMode=[I])
+- Exchange(distribution=[single], changelogMode=[I])
   +- Calc(select=[id, name, name], changelogMode=[I])
      +- Calc(select=[id, id, name, name, CAST(id AS BIGINT) AS $f2], changelogMode=[I])
         +- LookupJoin(table=[default_catalog.default_database.people], joinType=[InnerJoin], lookup=[id=id0], where=[(name <> name0)], select=[id, id0, name, id1, name0], cache=[ALL], changelogMode=[I])
            +- Calc(select=[id, id, name], changelogMode=[I])
               +- LookupJoin(table=[default_catalog.default_database.users], joinType=[InnerJoin], lookup=[id=user_id], select=[id, user_id, id0, name], changelogMode=[I])
                  +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, user_id], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
----
SELECT o.id FROM orders AS o LEFT JOIN users FOR SYSTEM_TIME AS OF o.proctime AS u ON o.user_id = u.id AND 1 = 2
---- expect
Collect(fields=[id], changelogMode=[I])
+- Exchange(distribution=[single], changelogMode=[I])
   +- Calc(select=[id], changelogMode=[I])
      +- LookupJoin(table=[default_catalog.default_database.users], joinType=[LeftOuterJoin], lookup=[id=user_id], where=[false], select=[id, user_id, id0], changelogMode=[I])
         +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, user_id], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
----
SELECT o.id FROM orders AS o JOIN users FOR SYSTEM_TIME AS OF o.proctime AS u ON UPPER(u.name) = o.country
---- expect
ERROR 0A000: the lookup join with table "default_catalog.default_database.users" has no equality on one of its columns
HINT: A lookup needs a key: ON left.column = table.column, of types that compare without casting the column of the table.
----
SELECT o.id FROM orders AS o JOIN orders FOR SYSTEM_TIME AS OF o.proctime AS u ON o.id = u.id
---- expect
ERROR 0A000: connector "kafka" of table "default_catalog.default_database.orders" cannot be looked up by key
DETAIL: FOR SYSTEM_TIME AS OF a processing time asks a table for the rows of a key. Connectors that can: mysql.
HINT: For a table that changes as a stream, write a regular JOIN.
AT 1:35 "orders"
----
SELECT o.id FROM orders AS o RIGHT JOIN users FOR SYSTEM_TIME AS OF o.proctime AS u ON o.id = u.id
---- expect
ERROR 0A000: RIGHT JOIN with FOR SYSTEM_TIME AS OF is not supported yet
HINT: Lookup joins are INNER or LEFT.
AT 1:18 "orders AS o RIGHT JOIN users FOR SYSTEM_TIME AS OF o.proctim"
----
SELECT o.id FROM orders AS o JOIN users FOR SYSTEM_TIME AS OF CAST(NULL AS TIMESTAMP_LTZ(3)) AS u ON o.id = u.id
---- expect
ERROR 0A000: FOR SYSTEM_TIME AS OF an event time (temporal joins) is not supported yet
HINT: For the table as it is now: give the left side a column `proctime AS PROCTIME()` and write FOR SYSTEM_TIME AS OF its proctime.
AT 1:63 "CAST(NULL AS TIMESTAMP_LTZ(3))"
----
SELECT u.id FROM users FOR SYSTEM_TIME AS OF PROCTIME() AS u
---- expect
ERROR 0A000: FOR SYSTEM_TIME AS OF outside the right side of an INNER or LEFT JOIN is not supported yet
AT 1:18 "users FOR SYSTEM_TIME AS OF PROCTIME() AS u"
----
SELECT o.id FROM orders AS o JOIN v FOR SYSTEM_TIME AS OF o.proctime AS u ON o.id = u.id
---- expect
ERROR 0A000: a view as the right side of a lookup join is not supported yet
HINT: Name the table itself.
AT 1:35 "v"
