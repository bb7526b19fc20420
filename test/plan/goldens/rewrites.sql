CREATE TABLE users (id BIGINT, name STRING, city STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'users');
CREATE TABLE orders (id BIGINT, user_id BIGINT, product STRING, amount INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'orders');
CREATE TABLE clicks (user_id BIGINT, url STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');
CREATE TABLE cdc (id INT, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 'cdc', 'format' = 'debezium-json');
CREATE TABLE append_sink (a BIGINT, b STRING) WITH ('connector' = 'kafka', 'topic' = 'o1', 'format' = 'json');
CREATE TABLE upsert_sink (a BIGINT, b STRING, c BIGINT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'o2');
CREATE TABLE print_sink (a BIGINT, b STRING) WITH ('connector' = 'print');
-- a predicate on the padded side makes the outer join inner; conjuncts go to their sides
INSERT INTO append_sink SELECT a.user_id, b.url FROM clicks a LEFT JOIN clicks b ON a.user_id = b.user_id AND b.n > 3 WHERE b.url LIKE 'x%' AND a.n = 1;
---- expect
Sink(table=[default_catalog.default_database.append_sink], fields=[a, b], changelogMode=[NONE])
+- Calc(select=[user_id AS a, url AS b], changelogMode=[I])
   +- Join(joinType=[InnerJoin], where=[(user_id = user_id0)], select=[user_id, user_id0, url], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
      :- Exchange(distribution=[hash[user_id]], changelogMode=[I])
      :  +- Calc(select=[user_id], where=[(n = 1)], changelogMode=[I])
      :     +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url, n], changelogMode=[I])(reuse_id=[1])
      +- Exchange(distribution=[hash[user_id]], changelogMode=[I])
         +- Calc(select=[user_id, url], where=[((url LIKE 'x%') AND (n > 3))], changelogMode=[I])
            +- Reused(reference_id=[1])

== State ==
Join(joinType=[InnerJoin], where=[(user_id = user_id0)], select=[user_id, user_id0, url], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: every row, by (user_id); grows with the rows of the left input, kept for ever
  - right side: every row, by (user_id); grows with the rows of the right input, kept for ever
----
-- no cross join of tables that share no predicate when another order avoids it
INSERT INTO print_sink SELECT a.user_id, c.url FROM clicks a, orders b, clicks c WHERE a.user_id = c.user_id AND c.n = b.amount;
---- expect
Sink(table=[default_catalog.default_database.print_sink], fields=[a, b], changelogMode=[NONE])
+- Calc(select=[user_id AS a, url AS b], changelogMode=[I,UB,UA,D])
   +- Join(joinType=[InnerJoin], where=[(n = amount)], select=[user_id, url, n, amount], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I,UB,UA,D])
      :- Exchange(distribution=[hash[n]], changelogMode=[I])
      :  +- Calc(select=[user_id, url, n], changelogMode=[I])
      :     +- Join(joinType=[InnerJoin], where=[(user_id = user_id0)], select=[user_id, user_id0, url, n], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
      :        :- Exchange(distribution=[hash[user_id]], changelogMode=[I])
      :        :  +- Calc(select=[user_id], changelogMode=[I])
      :        :     +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url, n], changelogMode=[I])(reuse_id=[1])
      :        +- Exchange(distribution=[hash[user_id]], changelogMode=[I])
      :           +- Reused(reference_id=[1])
      +- Exchange(distribution=[hash[amount]], changelogMode=[I,UB,UA,D])
         +- Calc(select=[amount], changelogMode=[I,UB,UA,D])
            +- ChangelogNormalize(key=[id], changelogMode=[I,UB,UA,D])
               +- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
                  +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, amount], changelogMode=[I,UA,D])

== State ==
Join(joinType=[InnerJoin], where=[(user_id = user_id0)], select=[user_id, user_id0, url, n], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: every row, by (user_id); grows with the rows of the left input, kept for ever
  - right side: every row, by (user_id); grows with the rows of the right input, kept for ever
ChangelogNormalize(key=[id])
  - the last row per key (id); grows with the number of keys, kept for ever
Join(joinType=[InnerJoin], where=[(n = amount)], select=[user_id, url, n, amount], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: every row, by (n); grows with the rows of the left input, kept for ever
  - right side: every distinct row with its count, by (amount); grows with the rows of the right input, kept for ever
----
-- what all branches of an OR demand becomes the join key
INSERT INTO append_sink SELECT a.user_id, b.url FROM clicks a, clicks b WHERE (a.user_id = b.user_id AND a.n = 1) OR (a.user_id = b.user_id AND b.n = 2);
---- expect
Sink(table=[default_catalog.default_database.append_sink], fields=[a, b], changelogMode=[NONE])
+- Calc(select=[user_id AS a, url AS b], changelogMode=[I])
   +- Join(joinType=[InnerJoin], where=[((user_id = user_id0) AND ((n = 1) OR (n0 = 2)))], select=[user_id, n, user_id0, url, n0], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
      :- Exchange(distribution=[hash[user_id]], changelogMode=[I])
      :  +- Calc(select=[user_id, n], changelogMode=[I])
      :     +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url, n], changelogMode=[I])(reuse_id=[1])
      +- Exchange(distribution=[hash[user_id]], changelogMode=[I])
         +- Reused(reference_id=[1])

== State ==
Join(joinType=[InnerJoin], where=[((user_id = user_id0) AND ((n = 1) OR (n0 = 2)))], select=[user_id, n, user_id0, url, n0], leftInputSpec=[NoUniqueKey], rig...
  - left side: every row, by (user_id); grows with the rows of the left input, kept for ever
  - right side: every row, by (user_id); grows with the rows of the right input, kept for ever
----
-- keys that are expressions or of different types
INSERT INTO append_sink SELECT a.user_id, a.url FROM clicks a JOIN clicks b ON a.n + 1 = b.user_id;
---- expect
Sink(table=[default_catalog.default_database.append_sink], fields=[a, b], changelogMode=[NONE])
+- Calc(select=[user_id AS a, url AS b], changelogMode=[I])
   +- Join(joinType=[InnerJoin], where=[($f3 = user_id0)], select=[user_id, url, $f3, user_id0], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
      :- Exchange(distribution=[hash[$f3]], changelogMode=[I])
      :  +- Calc(select=[user_id, url, CAST((n + 1) AS BIGINT) AS $f3], changelogMode=[I])
      :     +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url, n], changelogMode=[I])(reuse_id=[1])
      +- Exchange(distribution=[hash[user_id]], changelogMode=[I])
         +- Calc(select=[user_id], changelogMode=[I])
            +- Reused(reference_id=[1])

== State ==
Join(joinType=[InnerJoin], where=[($f3 = user_id0)], select=[user_id, url, $f3, user_id0], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: every row, by ($f3); grows with the rows of the left input, kept for ever
  - right side: every row, by (user_id); grows with the rows of the right input, kept for ever
----
-- without any equality: one task
INSERT INTO append_sink SELECT a.user_id, b.url FROM clicks a JOIN clicks b ON a.n < b.n;
---- expect
Sink(table=[default_catalog.default_database.append_sink], fields=[a, b], changelogMode=[NONE])
+- Calc(select=[user_id AS a, url AS b], changelogMode=[I])
   +- Join(joinType=[InnerJoin], where=[(n < n0)], select=[user_id, n, url, n0], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
      :- Exchange(distribution=[single], changelogMode=[I])
      :  +- Calc(select=[user_id, n], changelogMode=[I])
      :     +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url, n], changelogMode=[I])(reuse_id=[1])
      +- Exchange(distribution=[single], changelogMode=[I])
         +- Calc(select=[url, n], changelogMode=[I])
            +- Reused(reference_id=[1])

== State ==
Join(joinType=[InnerJoin], where=[(n < n0)], select=[user_id, n, url, n0], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: every row, all in one task, without a key; grows with the rows of the left input, kept for ever
  - right side: every row, all in one task, without a key; grows with the rows of the right input, kept for ever
----
INSERT INTO append_sink SELECT user_id, url FROM (SELECT user_id, url, n + 1 AS m FROM clicks) WHERE m > 3 AND 1 = 2;
---- expect
Sink(table=[default_catalog.default_database.append_sink], fields=[a, b], changelogMode=[NONE])
+- Values(tuples=[[]], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
----
-- a random value is computed once
INSERT INTO append_sink SELECT user_id, url FROM (SELECT user_id, url, RAND() AS r FROM clicks) WHERE r > 0.1 AND r < 0.9;
---- expect
Sink(table=[default_catalog.default_database.append_sink], fields=[a, b], changelogMode=[NONE])
+- Calc(select=[user_id AS a, url AS b], where=[((r > CAST(0.1 AS DOUBLE)) AND (r < CAST(0.9 AS DOUBLE)))], changelogMode=[I])
   +- Calc(select=[user_id, url, RAND() AS r], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
