-- Nexmark q15
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, date_time TIMESTAMP(3), extra STRING, WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'kafka', 'topic' = 'bid', 'format' = 'json');
CREATE TABLE snk (dt STRING, total_bids BIGINT, rank1_bids BIGINT, rank2_bids BIGINT, rank3_bids BIGINT, total_bidders BIGINT, rank1_bidders BIGINT, rank2_bidders BIGINT, rank3_bidders BIGINT, total_auctions BIGINT, rank1_auctions BIGINT, rank2_auctions BIGINT, rank3_auctions BIGINT, PRIMARY KEY (dt) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'snk');
INSERT INTO snk SELECT DATE_FORMAT(date_time, 'yyyy-MM-dd') AS dt, COUNT(*) AS total_bids, COUNT(*) FILTER (WHERE price < 10000) AS rank1_bids, COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids, COUNT(*) FILTER (WHERE price >= 1000000) AS rank3_bids, COUNT(DISTINCT bidder) AS total_bidders, COUNT(DISTINCT bidder) FILTER (WHERE price < 10000) AS rank1_bidders, COUNT(DISTINCT bidder) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bidders, COUNT(DISTINCT bidder) FILTER (WHERE price >= 1000000) AS rank3_bidders, COUNT(DISTINCT auction) AS total_auctions, COUNT(DISTINCT auction) FILTER (WHERE price < 10000) AS rank1_auctions, COUNT(DISTINCT auction) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_auctions, COUNT(DISTINCT auction) FILTER (WHERE price >= 1000000) AS rank3_auctions FROM bid GROUP BY DATE_FORMAT(date_time, 'yyyy-MM-dd');
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[dt, total_bids, rank1_bids, rank2_bids, rank3_bids, total_bidders, rank1_bidders, rank2_bidders, rank3_bidders, total_auctions, rank1_auctions, rank2_auctions, rank3_auctions], changelogMode=[NONE])
+- GroupAggregate(groupBy=[$f0], select=[$f0, COUNT(*) AS EXPR$0, COUNT(*) FILTER $f1 AS EXPR$1, COUNT(*) FILTER $f2 AS EXPR$2, COUNT(*) FILTER $f3 AS EXPR$3, COUNT(DISTINCT bidder) AS EXPR$4, COUNT(DISTINCT bidder) FILTER $f1 AS EXPR$5, COUNT(DISTINCT bidder) FILTER $f2 AS EXPR$6, COUNT(DISTINCT bidder) FILTER $f3 AS EXPR$7, COUNT(DISTINCT auction) AS EXPR$8, COUNT(DISTINCT auction) FILTER $f1 AS EXPR$9, COUNT(DISTINCT auction) FILTER $f2 AS EXPR$10, COUNT(DISTINCT auction) FILTER $f3 AS EXPR$11], changelogMode=[I,UA])
   +- Exchange(distribution=[hash[$f0]], changelogMode=[I])
      +- Calc(select=[DATE_FORMAT(date_time, 'yyyy-MM-dd') AS $f0, (price < 10000) AS $f1, ((price >= 10000) AND (price < 1000000)) AS $f2, (price >= 1000000) AS $f3, bidder, auction], changelogMode=[I])
         +- TableSourceScan(table=[[default_catalog, default_database, bid, watermark=[date_time - INTERVAL '4' SECOND]]], fields=[auction, bidder, price, date_time], changelogMode=[I])

== State ==
GroupAggregate(groupBy=[$f0], select=[$f0, COUNT(*) AS EXPR$0, COUNT(*) FILTER $f1 AS EXPR$1, COUNT(*) FILTER $f2 AS EXPR$2, COUNT(*) FILTER $f3 AS EXPR$3, C...
  - accumulators of 12 calls per group by ($f0); grows with the number of distinct groups, kept for ever
  - COUNT(DISTINCT bidder): its distinct values per group with counts; grows with them
  - COUNT(DISTINCT bidder): its distinct values per group with counts; grows with them
  - COUNT(DISTINCT bidder): its distinct values per group with counts; grows with them
  - COUNT(DISTINCT bidder): its distinct values per group with counts; grows with them
  - COUNT(DISTINCT auction): its distinct values per group with counts; grows with them
  - COUNT(DISTINCT auction): its distinct values per group with counts; grows with them
  - COUNT(DISTINCT auction): its distinct values per group with counts; grows with them
  - COUNT(DISTINCT auction): its distinct values per group with counts; grows with them
