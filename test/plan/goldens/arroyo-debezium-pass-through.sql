-- inserts, updates and deletes of a Debezium topic end up as the table
CREATE TABLE orders (id INT, customer_name STRING, product_name STRING, quantity INT, price DOUBLE, status STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 'orders', 'format' = 'debezium-json');
CREATE TABLE snk (id INT, customer_name STRING, product_name STRING, quantity INT, price DOUBLE, status STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'snk');
INSERT INTO snk SELECT id, customer_name, product_name, quantity, price, status FROM orders;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[id, customer_name, product_name, quantity, price, status], changelogMode=[NONE])
+- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])
   +- DropUpdateBefore(changelogMode=[I,UA,D])
      +- TableSourceScan(table=[[default_catalog, default_database, orders]], fields=[id, customer_name, product_name, quantity, price, status], changelogMode=[I,UB,UA,D])

== State ==
No operator keeps rows; sources keep their positions only.
