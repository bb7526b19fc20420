-- Pass-through of a topic compressed with LZ4.
-- reads: bid-lz4
CREATE TEMPORARY TABLE sink (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT auction, bidder, price, channel, url, `dateTime`, extra FROM bid_lz4;
