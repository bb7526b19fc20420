-- Nexmark q2
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, date_time TIMESTAMP(3), extra STRING, WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'kafka', 'topic' = 'bid', 'format' = 'json');
CREATE TABLE snk (auction BIGINT, price BIGINT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'json');
INSERT INTO snk SELECT auction, price FROM bid WHERE auction IN (1007, 1020, 2001, 2019, 2087);
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[auction, price], changelogMode=[NONE])
+- Calc(select=[auction, price], where=[auction IN (CAST(1007 AS BIGINT), CAST(1020 AS BIGINT), CAST(2001 AS BIGINT), CAST(2019 AS BIGINT), CAST(2087 AS BIGINT))], changelogMode=[I])
   +- TableSourceScan(table=[[default_catalog, default_database, bid, watermark=[date_time - INTERVAL '4' SECOND]]], fields=[auction, price], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
