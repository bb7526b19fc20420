-- Nexmark q1
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, date_time TIMESTAMP(3), extra STRING, WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'kafka', 'topic' = 'bid', 'format' = 'json');
CREATE TABLE snk (auction BIGINT, bidder BIGINT, price DECIMAL(23, 3), date_time TIMESTAMP(3)) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'json');
INSERT INTO snk SELECT auction, bidder, 0.908 * price AS price, date_time FROM bid;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[auction, bidder, price, date_time], changelogMode=[NONE])
+- Calc(select=[auction, bidder, CAST((0.908 * price) AS DECIMAL(23, 3)) AS price, date_time], changelogMode=[I])
   +- TableSourceScan(table=[[default_catalog, default_database, bid, watermark=[date_time - INTERVAL '4' SECOND]]], fields=[auction, bidder, price, date_time], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
