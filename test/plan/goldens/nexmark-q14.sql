-- Nexmark q14
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, date_time TIMESTAMP(3), extra STRING, WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'kafka', 'topic' = 'bid', 'format' = 'json');
CREATE TABLE snk (auction BIGINT, bidder BIGINT, price DECIMAL(23, 3), bid_time_type STRING, date_time TIMESTAMP(3), c_counts INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'json');
INSERT INTO snk SELECT auction, bidder, 0.908 * price AS price, CASE WHEN HOUR(date_time) >= 8 AND HOUR(date_time) <= 18 THEN 'dayTime' WHEN HOUR(date_time) <= 6 OR HOUR(date_time) >= 20 THEN 'nightTime' ELSE 'otherTime' END AS bid_time_type, date_time, CHAR_LENGTH(extra) - CHAR_LENGTH(REPLACE(extra, 'c', '')) AS c_counts FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[auction, bidder, price, bid_time_type, date_time, c_counts], changelogMode=[NONE])
+- Calc(select=[auction, bidder, CAST((0.908 * price) AS DECIMAL(23, 3)) AS price, CASE(((HOUR(date_time) >= 8) AND (HOUR(date_time) <= 18)), 'dayTime', ((HOUR(date_time) <= 6) OR (HOUR(date_time) >= 20)), 'nightTime', 'otherTime') AS bid_time_type, date_time, (CHAR_LENGTH(extra) - CHAR_LENGTH(REPLACE(extra, 'c', ''))) AS c_counts], where=[(((0.908 * price) > CAST(1000000 AS DECIMAL(22, 3))) AND ((0.908 * price) < CAST(50000000 AS DECIMAL(22, 3))))], changelogMode=[I])
   +- TableSourceScan(table=[[default_catalog, default_database, bid, watermark=[date_time - INTERVAL '4' SECOND]]], fields=[auction, bidder, price, date_time, extra], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
