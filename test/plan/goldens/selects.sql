CREATE TABLE users (id BIGINT, name STRING, city STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'users');
CREATE TABLE orders (id BIGINT, user_id BIGINT, product STRING, amount INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'orders');
CREATE TABLE clicks (user_id BIGINT, url STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');
CREATE TABLE cdc (id INT, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 'cdc', 'format' = 'debezium-json');
CREATE TABLE append_sink (a BIGINT, b STRING) WITH ('connector' = 'kafka', 'topic' = 'o1', 'format' = 'json');
CREATE TABLE upsert_sink (a BIGINT, b STRING, c BIGINT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'o2');
CREATE TABLE print_sink (a BIGINT, b STRING) WITH ('connector' = 'print');
SELECT * FROM clicks LIMIT 10;
---- expect
Collect(fields=[user_id, url, n], changelogMode=[I])
+- Limit(fetch=[10], changelogMode=[I])
   +- Exchange(distribution=[single], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, clicks, limit=[10]]], fields=[user_id, url, n], changelogMode=[I])

== State ==
Limit(fetch=[10])
  - the result until the end of input
----
SELECT user_id, COUNT(*) AS c FROM clicks GROUP BY user_id ORDER BY c DESC NULLS LAST, user_id LIMIT 3 OFFSET 1;
---- expect
Collect(fields=[user_id, EXPR$0], changelogMode=[I])
+- SortLimit(orderBy=[EXPR$0 DESC, user_id ASC], offset=[1], fetch=[3], changelogMode=[I])
   +- Exchange(distribution=[single], changelogMode=[I,UB,UA])
      +- GroupAggregate(groupBy=[user_id], select=[user_id, COUNT(*) AS EXPR$0], changelogMode=[I,UB,UA])
         +- Exchange(distribution=[hash[user_id]], changelogMode=[I])
            +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id], changelogMode=[I])

== State ==
GroupAggregate(groupBy=[user_id], select=[user_id, COUNT(*) AS EXPR$0])
  - accumulators of 1 call per group by (user_id); grows with the number of distinct groups, kept for ever
SortLimit(orderBy=[EXPR$0 DESC, user_id ASC], offset=[1], fetch=[3])
  - the rows of the result until the end of input
----
SELECT * FROM users;
---- expect
Collect(fields=[id, name, city], changelogMode=[I])
+- Materialize(changelogMode=[I])
   +- Exchange(distribution=[single], changelogMode=[I,UB,UA,D])
      +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
         +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
            +- TableSourceScan(table=[[default_catalog, default_database, users]], fields=[id, name, city], changelogMode=[I,UA,D])

== State ==
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
Materialize()
  - the result until the end of input
----
SELECT DISTINCT city FROM users WHERE id > 5 ORDER BY 1;
---- expect
Collect(fields=[city], changelogMode=[I])
+- Sort(orderBy=[city ASC], changelogMode=[I])
   +- Exchange(distribution=[single], changelogMode=[I,UB,UA,D])
      +- GroupAggregate(groupBy=[city], select=[city], changelogMode=[I,UB,UA,D])
         +- Exchange(distribution=[hash[city]], changelogMode=[I,UB,UA,D])
            +- Calc(select=[city], where=[(id > 5)], changelogMode=[I,UB,UA,D])
               +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
                  +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
                     +- TableSourceScan(table=[[default_catalog, default_database, users]], fields=[id, city], changelogMode=[I,UA,D])

== State ==
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
GroupAggregate(groupBy=[city], select=[city])
  - a count of its rows per group by (city); grows with the number of distinct groups, kept for ever
Sort(orderBy=[city ASC])
  - the result until the end of input
----
SET 'execution.runtime-mode' = 'streaming';
SELECT user_id, url FROM clicks LIMIT 3;
---- expect
Collect(fields=[user_id, url], changelogMode=[I])
+- Limit(offset=[0], fetch=[3], changelogMode=[I])
   +- Exchange(distribution=[single], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url], changelogMode=[I])

== State ==
Limit(offset=[0], fetch=[3])
  - a counter of rows passed on; constant size
----
SELECT city, COUNT(*) FROM users GROUP BY city;
---- expect
Collect(fields=[city, EXPR$0], changelogMode=[I,UB,UA,D])
+- Exchange(distribution=[single], changelogMode=[I,UB,UA,D])
   +- GroupAggregate(groupBy=[city], select=[city, COUNT(*) AS EXPR$0], changelogMode=[I,UB,UA,D])
      +- Exchange(distribution=[hash[city]], changelogMode=[I,UB,UA,D])
         +- Calc(select=[city], changelogMode=[I,UB,UA,D])
            +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
               +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
                  +- TableSourceScan(table=[[default_catalog, default_database, users]], fields=[id, city], changelogMode=[I,UA,D])

== State ==
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
GroupAggregate(groupBy=[city], select=[city, COUNT(*) AS EXPR$0])
  - accumulators of 1 call per group by (city); grows with the number of distinct groups, kept for ever
----
SELECT /*+ STATE_TTL('o' = '1d', 'u' = '12h') */ o.id, u.name FROM orders o JOIN users u ON o.user_id = u.id;
---- expect
Collect(fields=[id, name], changelogMode=[I,UB,UA,D])
+- Exchange(distribution=[single], changelogMode=[I,UB,UA,D])
   +- Calc(select=[id, name], changelogMode=[I,UB,UA,D])
      +- Join(joinType=[InnerJoin], where=[(user_id = id0)], select=[id, user_id, id0, name], leftInputSpec=[HasUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], stateTtlHints=[[left:86400000 ms, right:43200000 ms]], changelogMode=[I,UB,UA,D])
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
Join(joinType=[InnerJoin], where=[(user_id = id0)], select=[id, user_id, id0, name], leftInputSpec=[HasUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey],...
  - left side: one row per (id), by (user_id); grows with the rows of the left input, dropped when not touched for 1 d
  - right side: at most one row per join key, by (id); grows with the rows of the right input, dropped when not touched for 12 h
----
SET 'table.exec.state.ttl' = '1 h';
SELECT COUNT(DISTINCT url) FROM clicks;
---- expect
Collect(fields=[EXPR$0], changelogMode=[I,UB,UA])
+- GroupAggregate(select=[COUNT(DISTINCT url) AS EXPR$0], changelogMode=[I,UB,UA])
   +- Exchange(distribution=[single], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[url], changelogMode=[I])

== State ==
GroupAggregate(select=[COUNT(DISTINCT url) AS EXPR$0])
  - one global group: accumulators of 1 call; constant size
  - COUNT(DISTINCT url): its distinct values per group with counts; grows with them
