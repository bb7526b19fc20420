CREATE TABLE users (id BIGINT, name STRING, city STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'users');
CREATE TABLE orders (id BIGINT, user_id BIGINT, product STRING, amount INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'orders');
CREATE TABLE clicks (user_id BIGINT, url STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');
CREATE TABLE cdc (id INT, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 'cdc', 'format' = 'debezium-json');
CREATE TABLE append_sink (a BIGINT, b STRING) WITH ('connector' = 'kafka', 'topic' = 'o1', 'format' = 'json');
CREATE TABLE upsert_sink (a BIGINT, b STRING, c BIGINT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'o2');
CREATE TABLE print_sink (a BIGINT, b STRING) WITH ('connector' = 'print');
-- different columns of one table: one scan; a view used twice: computed once
CREATE VIEW per_user AS SELECT user_id, COUNT(*) AS c, MAX(url) AS m FROM clicks GROUP BY user_id;
EXECUTE STATEMENT SET BEGIN
INSERT INTO print_sink SELECT user_id, m FROM per_user;
INSERT INTO upsert_sink SELECT user_id, m, c FROM per_user;
INSERT INTO append_sink SELECT user_id, url FROM clicks WHERE n > 1;
END;
---- expect
Sink(table=[default_catalog.default_database.print_sink], fields=[a, b], changelogMode=[NONE])
+- GroupAggregate(groupBy=[user_id], select=[user_id, MAX(url) AS EXPR$1], changelogMode=[I,UB,UA])
   +- Exchange(distribution=[hash[user_id]], changelogMode=[I])
      +- Calc(select=[user_id, url], changelogMode=[I])(reuse_id=[1])
         +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url, n], changelogMode=[I])(reuse_id=[2])

Sink(table=[default_catalog.default_database.upsert_sink], fields=[a, b, c], changelogMode=[NONE])
+- Calc(select=[user_id AS a, EXPR$1 AS b, EXPR$0 AS c], changelogMode=[I,UA])
   +- GroupAggregate(groupBy=[user_id], select=[user_id, COUNT(*) AS EXPR$0, MAX(url) AS EXPR$1], changelogMode=[I,UA])
      +- Exchange(distribution=[hash[user_id]], changelogMode=[I])
         +- Reused(reference_id=[1])

Sink(table=[default_catalog.default_database.append_sink], fields=[a, b], changelogMode=[NONE])
+- Calc(select=[user_id AS a, url AS b], where=[(n > 1)], changelogMode=[I])
   +- Reused(reference_id=[2])

== State ==
GroupAggregate(groupBy=[user_id], select=[user_id, MAX(url) AS EXPR$1])
  - accumulators of 1 call per group by (user_id); grows with the number of distinct groups, kept for ever
GroupAggregate(groupBy=[user_id], select=[user_id, COUNT(*) AS EXPR$0, MAX(url) AS EXPR$1])
  - accumulators of 2 calls per group by (user_id); grows with the number of distinct groups, kept for ever
----
-- other options, other source
EXECUTE STATEMENT SET BEGIN
INSERT INTO append_sink SELECT user_id, url FROM clicks;
INSERT INTO append_sink SELECT user_id, url FROM clicks /*+ OPTIONS('scan.startup.mode'='latest-offset') */;
END;
---- expect
Sink(table=[default_catalog.default_database.append_sink], fields=[a, b], changelogMode=[NONE])
+- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url], changelogMode=[I])

Sink(table=[default_catalog.default_database.append_sink], fields=[a, b], changelogMode=[NONE])
+- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
----
-- twice the same INSERT writes twice
EXECUTE STATEMENT SET BEGIN
INSERT INTO append_sink SELECT user_id, url FROM clicks;
INSERT INTO append_sink SELECT user_id, url FROM clicks;
END;
---- expect
Sink(table=[default_catalog.default_database.append_sink], fields=[a, b], changelogMode=[NONE])
+- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url], changelogMode=[I])(reuse_id=[1])

Sink(table=[default_catalog.default_database.append_sink], fields=[a, b], changelogMode=[NONE])
+- Reused(reference_id=[1])

== State ==
No operator keeps rows; sources keep their positions only.
