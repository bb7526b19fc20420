-- Unbounded group aggregate, 10,004 groups, half the rows in 4 of them.
-- reads: bid
CREATE TEMPORARY TABLE sink (channel STRING, n BIGINT, total BIGINT, top BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT channel, COUNT(*), SUM(price), MAX(price) FROM bid GROUP BY channel;
