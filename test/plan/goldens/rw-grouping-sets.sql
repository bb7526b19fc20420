-- GROUPING SETS with GROUPING() and COUNT DISTINCT
CREATE TABLE items_sold (brand STRING, sz STRING, sales INT) WITH ('connector' = 'kafka', 'topic' = 'items_sold', 'format' = 'json');
CREATE TABLE snk (brand STRING, sz STRING, total INT, g1 BIGINT, g2 BIGINT, d BIGINT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT brand, sz, SUM(sales), GROUPING(brand), GROUPING(sz), COUNT(DISTINCT sales) FROM items_sold GROUP BY GROUPING SETS ((brand), (sz), ());
---- expect
ERROR 0A000: GROUPING SETS is not supported yet
HINT: Write one SELECT … GROUP BY per set and put UNION ALL between them.
AT 4:125 "GROUPING SETS ((brand), (sz), ())"
