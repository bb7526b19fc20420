CREATE TABLE users (id BIGINT, name STRING, city STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'users');
CREATE TABLE orders (id BIGINT, user_id BIGINT, product STRING, amount INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'orders');
CREATE TABLE clicks (user_id BIGINT, url STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');
CREATE TABLE cdc (id INT, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 'cdc', 'format' = 'debezium-json');
CREATE TABLE append_sink (a BIGINT, b STRING) WITH ('connector' = 'kafka', 'topic' = 'o1', 'format' = 'json');
CREATE TABLE upsert_sink (a BIGINT, b STRING, c BIGINT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'o2');
CREATE TABLE print_sink (a BIGINT, b STRING) WITH ('connector' = 'print');
INSERT INTO append_sink SELECT user_id, MAX(url) FROM clicks GROUP BY user_id;
---- expect
ERROR 0A000: Table sink 'default_catalog.default_database.append_sink' doesn't support consuming update changes which is produced by node GroupAggregate(groupBy=[user_id], select=[user_id, MAX(url) AS EXPR$0])
HINT: Rows that change need a table that is written by key: declare PRIMARY KEY (…) NOT ENFORCED ('mysql', 'jdbc', 'upsert-kafka'); or a changelog format such as 'debezium-json'.
AT 8:1 "INSERT INTO append_sink SELECT user_id, MAX(url) FROM clicks"
----
INSERT INTO append_sink SELECT c.user_id, u.name FROM clicks c LEFT JOIN users u ON c.user_id = u.id;
---- expect
ERROR 0A000: Table sink 'default_catalog.default_database.append_sink' doesn't support consuming update and delete changes which is produced by node Join(joinType=[LeftOuterJoin], where=[(user_id = id)], select=[user_id, id, name], leftInputSpec=[NoUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey])
HINT: Rows that change need a table that is written by key: declare PRIMARY KEY (…) NOT ENFORCED ('mysql', 'jdbc', 'upsert-kafka'); or a changelog format such as 'debezium-json'.
AT 1:1 "INSERT INTO append_sink SELECT c.user_id, u.name FROM clicks"
----
INSERT INTO append_sink SELECT id, name FROM users;
---- expect
ERROR 0A000: Table sink 'default_catalog.default_database.append_sink' doesn't support consuming update and delete changes which is produced by node ChangelogNormalize(key=[id])
HINT: Rows that change need a table that is written by key: declare PRIMARY KEY (…) NOT ENFORCED ('mysql', 'jdbc', 'upsert-kafka'); or a changelog format such as 'debezium-json'.
AT 1:1 "INSERT INTO append_sink SELECT id, name FROM users"
----
INSERT INTO append_sink SELECT user_id FROM clicks;
---- expect
ERROR 42804: Column types of query result and sink for 'default_catalog.default_database.append_sink' do not match.
Cause: Different number of columns.

Query schema: [user_id: BIGINT]
Sink schema:  [a: BIGINT, b: STRING]
HINT: Columns are matched by position, not by name; add a CAST or a column list.
AT 1:1 "INSERT INTO append_sink SELECT user_id FROM clicks"
----
INSERT INTO append_sink SELECT url, user_id FROM clicks;
---- expect
ERROR 42804: Column types of query result and sink for 'default_catalog.default_database.append_sink' do not match.
Cause: Incompatible types for sink column 'a' at position 0.

Query schema: [url: STRING, user_id: BIGINT]
Sink schema:  [a: BIGINT, b: STRING]
HINT: Columns are matched by position, not by name; add a CAST or a column list.
AT 1:1 "INSERT INTO append_sink SELECT url, user_id FROM clicks"
----
INSERT INTO append_sink (a, z) SELECT user_id, url FROM clicks;
---- expect
ERROR 42703: column "z" does not exist
DETAIL: Available columns: "a", "b".
HINT: Did you mean "a" or "b"?
AT 1:29 "z"
----
SELECT usr_id FROM clicks;
---- expect
ERROR 42703: column "usr_id" does not exist
DETAIL: Available columns: "user_id", "url", "n".
HINT: Did you mean "user_id"?
AT 1:8 "usr_id"
----
SELECT c.url FROM clicks;
---- expect
ERROR 42P01: table or alias "c" is not in the FROM clause
AT 1:8 "c.url"
----
SELECT id FROM orders o JOIN users u ON o.user_id = u.id;
---- expect
ERROR 42702: column "id" is ambiguous
HINT: Qualify it: o.id or u.id.
AT 1:8 "id"
----
SELECT * FROM click;
---- expect
ERROR 42P01: table "click" does not exist in "default_catalog"."default_database"
DETAIL: Existing tables: "users", "orders", "clicks", "cdc", "append_sink", "upsert_sink", "print_sink".
HINT: Did you mean "clicks"?
AT 1:15 "click"
----
SELECT LOWR(url) FROM clicks;
---- expect
ERROR 42883: function "LOWR" does not exist
HINT: Did you mean "LOWER"?
AT 1:8 "LOWR(url)"
----
SELECT user_id, url FROM clicks GROUP BY user_id;
---- expect
ERROR 42803: column "url" must appear in the GROUP BY clause or be used in an aggregate function
HINT: Add it to GROUP BY, or wrap it in an aggregate such as MAX or LAST_VALUE.
AT 1:17 "url"
----
SELECT user_id FROM clicks WHERE COUNT(*) > 1;
---- expect
ERROR 42803: aggregate function "COUNT" is not allowed here
HINT: Aggregates may stand in the SELECT list and in HAVING; filter rows before aggregation with WHERE or FILTER (WHERE …).
AT 1:34 "COUNT(*)"
----
SELECT SUM(url) FROM clicks;
---- expect
ERROR 42883: function "SUM" cannot be applied to arguments of type (STRING)
HINT: Expected: SUM(…). Add a CAST where a type differs.
AT 1:8 "SUM(url)"
----
SELECT url + 1 FROM clicks;
---- expect
ERROR 42883: operator "+" cannot be applied to STRING and INT
HINT: Expected: +(…). Add a CAST where a type differs.
AT 1:8 "url + 1"
----
SELECT * FROM clicks WHERE url;
---- expect
ERROR 42804: argument of WHERE must be BOOLEAN, not STRING
AT 1:28 "url"
----
SELECT CAST(TRUE AS TIMESTAMP(3));
---- expect
ERROR 42846: cannot cast type BOOLEAN to TIMESTAMP(3)
HINT: Use TO_TIMESTAMP_LTZ(number, precision) or UNIX_TIMESTAMP(…) between numbers and timestamps.
AT 1:8 "CAST(TRUE AS TIMESTAMP(3))"
----
SELECT user_id FROM clicks UNION ALL SELECT user_id, url FROM clicks;
---- expect
ERROR 42601: each side of UNION must have the same number of columns (1 and 2)
AT 1:38 "SELECT user_id, url FROM clicks"
----
SELECT user_id FROM clicks UNION ALL SELECT url FROM clicks;
---- expect
ERROR 42804: column 1 of UNION has types without a common type: BIGINT, STRING
HINT: Add CASTs.
AT 1:1 "SELECT user_id FROM clicks UNION ALL SELECT url FROM clicks"
----
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start;
---- expect
ERROR 0A000: window table-valued function TUMBLE is not supported yet
AT 1:36 "TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINU"
----
SELECT ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY n) FROM clicks;
---- expect
ERROR 0A000: OVER window aggregation is not supported yet
AT 1:8 "ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY n)"
----
SELECT * FROM clicks c JOIN users FOR SYSTEM_TIME AS OF c.url AS u ON c.user_id = u.id;
---- expect
ERROR 0A000: FOR SYSTEM_TIME AS OF an event time (temporal joins) is not supported yet
HINT: For the table as it is now: give the left side a column `proctime AS PROCTIME()` and write FOR SYSTEM_TIME AS OF its proctime.
AT 1:57 "c.url"
----
SELECT * FROM clicks CROSS JOIN UNNEST(ARRAY[1, 2]) AS t (x);
---- expect
Collect(fields=[user_id, url, n, x], changelogMode=[I])
+- Exchange(distribution=[single], changelogMode=[I])
   +- Calc(select=[user_id, url, n, x], changelogMode=[I])
      +- Correlate(invocation=[UNNEST(unnest$)], joinType=[INNER], changelogMode=[I])
         +- Calc(select=[user_id, url, n, ARRAY(1, 2) AS unnest$], changelogMode=[I])
            +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[user_id, url, n], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
----
SELECT user_id, COUNT(*) FROM clicks GROUP BY ROLLUP (user_id);
---- expect
ERROR 0A000: ROLLUP is not supported yet
HINT: Write one SELECT … GROUP BY per set and put UNION ALL between them.
AT 1:47 "ROLLUP (user_id)"
----
SELECT id, (SELECT id, name FROM users) FROM orders;
---- expect
ERROR 42601: a scalar subquery must return one column, not 2
AT 1:12 "(SELECT id, name FROM users)"
----
SET 'execution.runtime-mode' = 'streaming';
SELECT url, n FROM clicks ORDER BY n LIMIT 3;
---- expect
ERROR 0A000: Top-N (ORDER BY … LIMIT) in a streaming query is not supported yet
HINT: A SELECT with SET 'execution.runtime-mode' = 'batch' can sort and limit.
----
SELECT url FROM clicks ORDER BY n;
---- expect
ERROR 0A000: Sort on a non-time-attribute field in a streaming query is not supported yet
HINT: Leave ORDER BY out, or run the query in batch mode.
----
SELECT city FROM users LIMIT 3;
---- expect
ERROR 0A000: LIMIT over updating rows in a streaming query (Top-N) is not supported yet
----
INSERT INTO users SELECT n, url, url FROM clicks;
---- expect
Sink(table=[default_catalog.default_database.users], fields=[id, name, city], changelogMode=[NONE])
+- Exchange(distribution=[hash[id]], changelogMode=[I])
   +- Calc(select=[CAST(n AS BIGINT) AS id, url AS name, url AS city], changelogMode=[I])
      +- TableSourceScan(table=[[default_catalog, default_database, clicks]], fields=[url, n], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
----
CREATE TABLE bad (a INT) WITH ('connector' = 'kafkaa');
SELECT * FROM bad;
---- expect
ERROR 22023: cannot discover a connector using option: 'connector'='kafkaa' of table "default_catalog.default_database.bad"
DETAIL: Available connectors: kafka, upsert-kafka, print, mysql, datagen.
HINT: Did you mean "kafka"?
AT 2:15 "bad"
----
SELECT * FROM print_sink;
---- expect
ERROR 0A000: connector "print" of table "default_catalog.default_database.print_sink" can only be used as a sink; it cannot be read
AT 1:15 "print_sink"
