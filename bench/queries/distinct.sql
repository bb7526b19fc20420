-- DISTINCT: who bid on what; three rows in ten are new.
-- reads: bid
CREATE TEMPORARY TABLE sink (auction BIGINT, bidder BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT DISTINCT auction, bidder FROM bid;
