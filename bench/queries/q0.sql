-- Pass-through, every field.
-- reads: bid
CREATE TEMPORARY TABLE sink (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT auction, bidder, price, channel, url, `dateTime`, extra FROM bid;
