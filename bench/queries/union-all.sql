-- UNION ALL: dear bids, cheap bids and auctions in one stream.
-- reads: bid auction
CREATE TEMPORARY TABLE sink (auction BIGINT, who BIGINT, price BIGINT, what STRING, `dateTime` TIMESTAMP(3)) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT auction, bidder, price, channel, `dateTime` FROM bid WHERE price >= 100000
UNION ALL
SELECT auction, bidder, price, 'cheap', `dateTime` FROM bid WHERE price < 10000
UNION ALL
SELECT id, seller, initialBid, itemName, `dateTime` FROM auction;
