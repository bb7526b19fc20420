-- Nexmark q22
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, date_time TIMESTAMP(3), extra STRING, WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'kafka', 'topic' = 'bid', 'format' = 'json');
CREATE TABLE snk (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, dir1 STRING, dir2 STRING, dir3 STRING) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'json');
INSERT INTO snk SELECT auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3), SPLIT_INDEX(url, '/', 4), SPLIT_INDEX(url, '/', 5) FROM bid;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[auction, bidder, price, channel, dir1, dir2, dir3], changelogMode=[NONE])
+- Calc(select=[auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3) AS dir1, SPLIT_INDEX(url, '/', 4) AS dir2, SPLIT_INDEX(url, '/', 5) AS dir3], changelogMode=[I])
   +- TableSourceScan(table=[[default_catalog, default_database, bid, watermark=[date_time - INTERVAL '4' SECOND]]], fields=[auction, bidder, price, channel, url], changelogMode=[I])

== State ==
No operator keeps rows; sources keep their positions only.
