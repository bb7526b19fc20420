-- aggregation with retraction over a Debezium topic
CREATE TABLE orders (id INT, customer_name STRING, product_name STRING, quantity INT, price DOUBLE, status STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 'orders', 'format' = 'debezium-json');
CREATE TABLE snk (id STRING, c BIGINT, d BIGINT, q BIGINT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'snk');
INSERT INTO snk SELECT CONCAT('p_', product_name), COUNT(*), COUNT(DISTINCT customer_name), SUM(quantity + 5) + 10 FROM orders GROUP BY CONCAT('p_', product_name);
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[id, c, d, q], changelogMode=[NONE])
+- Calc(select=[$f0 AS id, EXPR$0 AS c, EXPR$1 AS d, CAST((EXPR$2 + 10) AS BIGINT) AS q], changelogMode=[I,UA,D])
   +- GroupAggregate(groupBy=[$f0], select=[$f0, COUNT(*) AS EXPR$0, COUNT(DISTINCT customer_name) AS EXPR$1, SUM($f2) AS EXPR$2], changelogMode=[I,UA,D])
      +- Exchange(distribution=[hash[$f0]], changelogMode=[I,UB,UA,D])
         +- Calc(select=[CONCAT('p_', product_name) AS $f0, customer_name, (quantity + 5) AS $f2], changelogMode=[I,UB,UA,D])
            +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, customer_name, product_name, quantity], changelogMode=[I,UB,UA,D])

== State ==
GroupAggregate(groupBy=[$f0], select=[$f0, COUNT(*) AS EXPR$0, COUNT(DISTINCT customer_name) AS EXPR$1, SUM($f2) AS EXPR$2])
  - accumulators of 3 calls per group by ($f0); grows with the number of distinct groups, kept for ever
  - COUNT(DISTINCT customer_name): its distinct values per group with counts; grows with them
