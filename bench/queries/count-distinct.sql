-- COUNT DISTINCT of bidders and auctions per channel and day (after Nexmark Q16).
-- reads: bid
CREATE TEMPORARY TABLE sink (channel STRING, `day` STRING, bids BIGINT, bidders BIGINT, auctions BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT channel, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd'), COUNT(*), COUNT(DISTINCT bidder), COUNT(DISTINCT auction)
FROM bid GROUP BY channel, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd');
