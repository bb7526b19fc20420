-- Unbounded group aggregate, about 100,000 groups.
-- reads: bid
CREATE TEMPORARY TABLE sink (bidder BIGINT, n BIGINT, total BIGINT, top BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT bidder, COUNT(*), SUM(price), MAX(price) FROM bid GROUP BY bidder;
