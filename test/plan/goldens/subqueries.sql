CREATE TABLE users (id BIGINT, name STRING, city STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'users');
CREATE TABLE orders (id BIGINT, user_id BIGINT, product STRING, amount INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'orders');
CREATE TABLE clicks (user_id BIGINT, url STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');
CREATE TABLE cdc (id INT, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 'cdc', 'format' = 'debezium-json');
CREATE TABLE append_sink (a BIGINT, b STRING) WITH ('connector' = 'kafka', 'topic' = 'o1', 'format' = 'json');
CREATE TABLE upsert_sink (a BIGINT, b STRING, c BIGINT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'o2');
CREATE TABLE print_sink (a BIGINT, b STRING) WITH ('connector' = 'print');
INSERT INTO print_sink SELECT id, name FROM users WHERE id IN (SELECT user_id FROM orders WHERE amount > 10);
---- expect
Sink(table=[default_catalog.default_database.print_sink], fields=[a, b], changelogMode=[NONE])
+- Join(joinType=[LeftSemiJoin], where=[(id = user_id)], select=[id, name], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I,UB,UA,D])
   :- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
   :  +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
   :     +- TableSourceScan(table=[[default_catalog, default_database, users]], fields=[id, name], changelogMode=[I,UA,D])
   +- Exchange(distribution=[hash[user_id]], changelogMode=[I,UB,UA,D])
      +- Calc(select=[user_id], where=[(amount > 10)], changelogMode=[I,UB,UA,D])
         +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
            +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
               +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, user_id, amount], changelogMode=[I,UA,D])

== State ==
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
Join(joinType=[LeftSemiJoin], where=[(id = user_id)], select=[id, name], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: at most one row per join key, by (id), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: every distinct row with its count, by (user_id); grows with the rows of the right input, kept for ever
----
-- NOT IN: NULLs on either side, so no key can be used
INSERT INTO print_sink SELECT id, name FROM users WHERE id NOT IN (SELECT user_id FROM clicks);
---- expect
Sink(table=[default_catalog.default_database.print_sink], fields=[a, b], changelogMode=[NONE])
+- Join(joinType=[LeftAntiJoin], where=[((id = user_id) OR user_id IS NULL)], select=[id, name], leftInputSpec=[HasUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I,UB,UA,D])
   :- Exchange(distribution=[single], changelogMode=[I,UB,UA,D])
   :  +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
   :     +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
   :        +- TableSourceScan(table=[[default_catalog, default_database, users]], fields=[id, name], changelogMode=[I,UA,D])
   +- Exchange(distribution=[single], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id], changelogMode=[I])

== State ==
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
Join(joinType=[LeftAntiJoin], where=[((id = user_id) OR user_id IS NULL)], select=[id, name], leftInputSpec=[HasUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: one row per (id), all in one task, without a key, with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: every row, all in one task, without a key; grows with the rows of the right input, kept for ever
----
-- NOT NULL on both sides: an anti join by key
INSERT INTO print_sink SELECT id, name FROM users WHERE id NOT IN (SELECT id FROM orders);
---- expect
Sink(table=[default_catalog.default_database.print_sink], fields=[a, b], changelogMode=[NONE])
+- Join(joinType=[LeftAntiJoin], where=[(id = id0)], select=[id, name], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
   :- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
   :  +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
   :     +- TableSourceScan(table=[[default_catalog, default_database, users]], fields=[id, name], changelogMode=[I,UA,D])
   +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
      +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
         +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id], changelogMode=[I,UA,D])

== State ==
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
Join(joinType=[LeftAntiJoin], where=[(id = id0)], select=[id, name], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey])
  - left side: at most one row per join key, by (id), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, by (id); grows with the rows of the right input, kept for ever
----
INSERT INTO print_sink SELECT id, name FROM users u WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.amount > 5) AND city = 'Rome';
---- expect
Sink(table=[default_catalog.default_database.print_sink], fields=[a, b], changelogMode=[NONE])
+- Join(joinType=[LeftAntiJoin], where=[(id = user_id)], select=[id, name], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I,UB,UA,D])
   :- Calc(select=[id, name], where=[(city = 'Rome')], changelogMode=[I,UB,UA,D])
   :  +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
   :     +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
   :        +- TableSourceScan(table=[[default_catalog, default_database, users]], fields=[id, name, city], changelogMode=[I,UA,D])
   +- Exchange(distribution=[hash[user_id]], changelogMode=[I,UB,UA,D])
      +- Calc(select=[user_id], where=[(amount > 5)], changelogMode=[I,UB,UA,D])
         +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
            +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
               +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, user_id, amount], changelogMode=[I,UA,D])

== State ==
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
Join(joinType=[LeftAntiJoin], where=[(id = user_id)], select=[id, name], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: at most one row per join key, by (id), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: every distinct row with its count, by (user_id); grows with the rows of the right input, kept for ever
----
-- correlated scalar subquery by equality
INSERT INTO print_sink SELECT u.id, (SELECT MAX(product) FROM orders o WHERE o.user_id = u.id) FROM users u;
---- expect
Sink(table=[default_catalog.default_database.print_sink], fields=[a, b], changelogMode=[NONE])
+- Calc(select=[id AS a, value AS b], changelogMode=[I,UB,UA,D])
   +- Join(joinType=[LeftOuterJoin], where=[(id = EXPR$1)], select=[id, value, EXPR$1], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
      :- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
      :  +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
      :     +- TableSourceScan(table=[[default_catalog, default_database, users]], fields=[id], changelogMode=[I,UA,D])
      +- Calc(select=[EXPR$0 AS value, user_id AS EXPR$1], changelogMode=[I,UB,UA,D])
         +- GroupAggregate(groupBy=[user_id], select=[user_id, MAX(product) AS EXPR$0], changelogMode=[I,UB,UA,D])
            +- Exchange(distribution=[hash[user_id]], changelogMode=[I,UB,UA,D])
               +- Calc(select=[user_id, product], changelogMode=[I,UB,UA,D])
                  +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
                     +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
                        +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, user_id, product], changelogMode=[I,UA,D])

== State ==
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
GroupAggregate(groupBy=[user_id], select=[user_id, MAX(product) AS EXPR$0])
  - accumulators of 1 call per group by (user_id); grows with the number of distinct groups, kept for ever
  - MAX(product): its distinct values per group with counts; grows with them
Join(joinType=[LeftOuterJoin], where=[(id = EXPR$1)], select=[id, value, EXPR$1], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[JoinKeyContainsUn...
  - left side: at most one row per join key, by (id), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, by (EXPR$1); grows with the rows of the right input, kept for ever
----
-- uncorrelated scalar subquery of many rows: checked at run time
INSERT INTO print_sink SELECT id, (SELECT url FROM clicks) FROM users;
---- expect
Sink(table=[default_catalog.default_database.print_sink], fields=[a, b], changelogMode=[NONE])
+- Join(joinType=[LeftOuterJoin], where=[true], select=[id, value$0], leftInputSpec=[HasUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
   :- Exchange(distribution=[single], changelogMode=[I,UB,UA,D])
   :  +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
   :     +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
   :        +- TableSourceScan(table=[[default_catalog, default_database, users]], fields=[id], changelogMode=[I,UA,D])
   +- GroupAggregate(select=[SINGLE_VALUE(url) AS value$0], changelogMode=[I,UB,UA])
      +- Exchange(distribution=[single], changelogMode=[I])
         +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[url], changelogMode=[I])

== State ==
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
GroupAggregate(select=[SINGLE_VALUE(url) AS value$0])
  - one global group: accumulators of 1 call; constant size
Join(joinType=[LeftOuterJoin], where=[true], select=[id, value$0], leftInputSpec=[HasUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey])
  - left side: one row per (id), all in one task, without a key, with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, all in one task, without a key; grows with the rows of the right input, kept for ever
----
-- correlation by an inequality: computed per distinct outer value
INSERT INTO print_sink SELECT u.id, (SELECT MAX(product) FROM orders o WHERE o.id > u.id) FROM users u;
---- expect
Sink(table=[default_catalog.default_database.print_sink], fields=[a, b], changelogMode=[NONE])
+- Calc(select=[id AS a, value AS b], changelogMode=[I,UB,UA,D])
   +- Join(joinType=[LeftOuterJoin], where=[(id IS NOT DISTINCT FROM EXPR$1)], select=[id, value, EXPR$1], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
      :- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])(reuse_id=[1])
      :  +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
      :     +- TableSourceScan(table=[[default_catalog, default_database, users]], fields=[id], changelogMode=[I,UA,D])
      +- Calc(select=[EXPR$0 AS value, EXPR$0 AS EXPR$1], changelogMode=[I,UB,UA,D])
         +- GroupAggregate(groupBy=[EXPR$0], select=[EXPR$0, MAX(product) AS EXPR$0], changelogMode=[I,UB,UA,D])
            +- Exchange(distribution=[hash[EXPR$0]], changelogMode=[I,UB,UA,D])
               +- Calc(select=[EXPR$0, product], changelogMode=[I,UB,UA,D])
                  +- Join(joinType=[InnerJoin], where=[(id > EXPR$0)], select=[EXPR$0, id, product], leftInputSpec=[HasUniqueKey], rightInputSpec=[HasUniqueKey], changelogMode=[I,UB,UA,D])
                     :- Exchange(distribution=[single], changelogMode=[I,UB,UA,D])
                     :  +- GroupAggregate(groupBy=[id], select=[id], changelogMode=[I,UB,UA,D])
                     :     +- Reused(reference_id=[1])
                     +- Exchange(distribution=[single], changelogMode=[I,UB,UA,D])
                        +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
                           +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
                              +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, product], changelogMode=[I,UA,D])

== State ==
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
GroupAggregate(groupBy=[id], select=[id])
  - a count of its rows per group by (id); grows with the number of distinct groups, kept for ever
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
Join(joinType=[InnerJoin], where=[(id > EXPR$0)], select=[EXPR$0, id, product], leftInputSpec=[HasUniqueKey], rightInputSpec=[HasUniqueKey])
  - left side: one row per (EXPR$0), all in one task, without a key; grows with the rows of the left input, kept for ever
  - right side: one row per (id), all in one task, without a key; grows with the rows of the right input, kept for ever
GroupAggregate(groupBy=[EXPR$0], select=[EXPR$0, MAX(product) AS EXPR$0])
  - accumulators of 1 call per group by (EXPR$0); grows with the number of distinct groups, kept for ever
  - MAX(product): its distinct values per group with counts; grows with them
Join(joinType=[LeftOuterJoin], where=[(id IS NOT DISTINCT FROM EXPR$1)], select=[id, value, EXPR$1], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec...
  - left side: at most one row per join key, by (id), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, by (EXPR$1); grows with the rows of the right input, kept for ever
----
-- EXISTS inside an expression
INSERT INTO print_sink SELECT u.id, name FROM users u WHERE city = 'Rome' OR EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id);
---- expect
Sink(table=[default_catalog.default_database.print_sink], fields=[a, b], changelogMode=[NONE])
+- Calc(select=[id AS a, name AS b], where=[((city = 'Rome') OR EXPR$1 IS NOT NULL)], changelogMode=[I,UB,UA,D])
   +- Join(joinType=[LeftOuterJoin], where=[(id = key$0)], select=[id, name, city, key$0, EXPR$1], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
      :- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
      :  +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
      :     +- TableSourceScan(table=[[default_catalog, default_database, users]], fields=[id, name, city], changelogMode=[I,UA,D])
      +- Calc(select=[key$0, true AS EXPR$1], changelogMode=[I,UB,UA,D])
         +- GroupAggregate(groupBy=[key$0], select=[key$0], changelogMode=[I,UB,UA,D])
            +- Exchange(distribution=[hash[key$0]], changelogMode=[I,UB,UA,D])
               +- Calc(select=[user_id AS key$0], changelogMode=[I,UB,UA,D])
                  +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
                     +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
                        +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, user_id], changelogMode=[I,UA,D])

== State ==
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
GroupAggregate(groupBy=[key$0], select=[key$0])
  - a count of its rows per group by (key$0); grows with the number of distinct groups, kept for ever
Join(joinType=[LeftOuterJoin], where=[(id = key$0)], select=[id, name, city, key$0, EXPR$1], leftInputSpec=[JoinKeyContainsUniqueKey], rightInputSpec=[JoinKe...
  - left side: at most one row per join key, by (id), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, by (key$0); grows with the rows of the right input, kept for ever
