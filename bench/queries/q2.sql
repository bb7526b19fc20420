-- Filter (Nexmark Q2).
-- reads: bid
CREATE TEMPORARY TABLE sink (auction BIGINT, price BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0;
