-- Nexmark q21
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, date_time TIMESTAMP(3), extra STRING, WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'kafka', 'topic' = 'bid', 'format' = 'json');
CREATE TABLE snk (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, channel_id STRING) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'json');
INSERT INTO snk SELECT auction, bidder, price, channel, CASE WHEN LOWER(channel) = 'apple' THEN '0' WHEN LOWER(channel) = 'google' THEN '1' WHEN LOWER(channel) = 'facebook' THEN '2' WHEN LOWER(channel) = 'baidu' THEN '3' ELSE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END AS channel_id FROM bid WHERE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) IS NOT NULL OR LOWER(channel) IN ('apple', 'google', 'facebook', 'baidu');
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[auction, bidder, price, channel, channel_id], changelogMode=[NONE])
+- Calc(select=[auction, bidder, price, channel, CASE((LOWER(channel) = 'apple'), '0', (LOWER(channel) = 'google'), '1', (LOWER(channel) = 'facebook'), '2', (LOWER(channel) = 'baidu'), '3', REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2)) AS channel_id], where=[(REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) IS NOT NULL OR LOWER(channel) IN ('apple', 'google', 'facebook', 'baidu'))], changelogMode=[I])
   +- TableSourceScan(table=[[default_catalog, default_database, bid, watermark=[date_time - INTERVAL '4' SECOND]]], fields=[auction, bidder, price, channel, url], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
