-- Kafka to Kafka, at least once.
-- reads: bid
CREATE TEMPORARY TABLE sink (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = '${BOOTSTRAP}', 'topic' = '${OUT}', 'format' = 'json', 'sink.delivery-guarantee' = 'at-least-once');
INSERT INTO sink
SELECT auction, bidder, price, channel, url, `dateTime`, extra FROM bid;
