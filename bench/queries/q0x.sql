-- Kafka to Kafka, exactly once through transactions.
-- reads: bid
CREATE TEMPORARY TABLE sink (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = '${BOOTSTRAP}', 'topic' = '${OUT}', 'format' = 'json', 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '${OUT}', 'properties.transaction.timeout.ms' = '600000');
INSERT INTO sink
SELECT auction, bidder, price, channel, url, `dateTime`, extra FROM bid;
