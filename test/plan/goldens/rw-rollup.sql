-- ROLLUP
CREATE TABLE items_sold (brand STRING, sz STRING, sales INT) WITH ('connector' = 'kafka', 'topic' = 'items_sold', 'format' = 'json');
CREATE TABLE snk (brand STRING, sz STRING, total INT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT brand, sz, SUM(sales) FROM items_sold GROUP BY ROLLUP (brand, sz);
---- expect
ERROR 0A000: ROLLUP is not supported yet
HINT: Write one SELECT … GROUP BY per set and put UNION ALL between them.
AT 4:71 "ROLLUP (brand, sz)"
