-- Nexmark q20
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, date_time TIMESTAMP(3), extra STRING, WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'kafka', 'topic' = 'bid', 'format' = 'json');
CREATE TABLE auction (id BIGINT, item_name STRING, description STRING, initial_bid BIGINT, reserve BIGINT, date_time TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING, WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'kafka', 'topic' = 'auction', 'format' = 'json');
CREATE TABLE snk (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, bid_date_time TIMESTAMP(3), bid_extra STRING, item_name STRING, description STRING, initial_bid BIGINT, reserve BIGINT, auction_date_time TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, auction_extra STRING) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'json');
INSERT INTO snk SELECT auction, bidder, price, channel, url, B.date_time, B.extra, item_name, description, initial_bid, reserve, A.date_time, expires, seller, category, A.extra FROM bid AS B INNER JOIN auction AS A ON B.auction = A.id WHERE A.category = 10;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[auction, bidder, price, channel, url, bid_date_time, bid_extra, item_name, description, initial_bid, reserve, auction_date_time, expires, seller, category, auction_extra], changelogMode=[NONE])
+- Calc(select=[auction, bidder, price, channel, url, date_time AS bid_date_time, extra AS bid_extra, item_name, description, initial_bid, reserve, date_time AS auction_date_time, expires, seller, category, extra AS auction_extra], changelogMode=[I])
   +- Join(joinType=[InnerJoin], where=[(auction = id)], select=[auction, bidder, price, channel, url, date_time, extra, id, item_name, description, initial_bid, reserve, date_time0, expires, seller, category, extra0], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
      :- Exchange(distribution=[hash[auction]], changelogMode=[I])
      :  +- TableSourceScan(table=[[default_catalog, default_database, bid, watermark=[date_time - INTERVAL '4' SECOND]]], fields=[auction, bidder, price, channel, url, date_time, extra], changelogMode=[I])
      +- Exchange(distribution=[hash[id]], changelogMode=[I])
         +- Calc(select=[id, item_name, description, initial_bid, reserve, date_time, expires, seller, category, extra], where=[(category = 10)], changelogMode=[I])
            +- TableSourceScan(table=[[default_catalog, default_database, auction, watermark=[date_time - INTERVAL '4' SECOND]]], fields=[id, item_name, description, initial_bid, reserve, date_time, expires, seller, category, extra], changelogMode=[I])

== State ==
Join(joinType=[InnerJoin], where=[(auction = id)], select=[auction, bidder, price, channel, url, date_time, extra, id, item_name, description, initial_bid, r...
  - left side: every row, by (auction); grows with the rows of the left input, kept for ever
  - right side: every row, by (id); grows with the rows of the right input, kept for ever
