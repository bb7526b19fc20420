-- The sources: bounded reads of what the generator wrote. ${BOUNDED} is latest-offset, or unbounded for probes of running jobs.
CREATE TEMPORARY TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING) WITH (
  'connector' = 'kafka', 'properties.bootstrap.servers' = '${BOOTSTRAP}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = '${BOUNDED}', 'format' = 'json', 'topic' = '${PREFIX}bid');
CREATE TEMPORARY TABLE bid_lz4 (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING) WITH (
  'connector' = 'kafka', 'properties.bootstrap.servers' = '${BOOTSTRAP}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = '${BOUNDED}', 'format' = 'json', 'topic' = '${PREFIX}bid-lz4');
CREATE TEMPORARY TABLE auction (id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT, `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING) WITH (
  'connector' = 'kafka', 'properties.bootstrap.servers' = '${BOOTSTRAP}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = '${BOUNDED}', 'format' = 'json', 'topic' = '${PREFIX}auction');
CREATE TEMPORARY TABLE person (id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING, `dateTime` TIMESTAMP(3), extra STRING) WITH (
  'connector' = 'kafka', 'properties.bootstrap.servers' = '${BOOTSTRAP}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = '${BOUNDED}', 'format' = 'json', 'topic' = '${PREFIX}person');
CREATE TEMPORARY TABLE users (id BIGINT, name STRING, email STRING, city STRING, created_at TIMESTAMP(3)) WITH (
  'connector' = 'kafka', 'properties.bootstrap.servers' = '${BOOTSTRAP}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = '${BOUNDED}', 'format' = 'json', 'topic' = '${PREFIX}order_dw.user');
CREATE TEMPORARY TABLE orders (order_id BIGINT, user_id BIGINT, order_price DECIMAL(10, 2), status STRING, order_date TIMESTAMP(3)) WITH (
  'connector' = 'kafka', 'properties.bootstrap.servers' = '${BOOTSTRAP}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = '${BOUNDED}', 'format' = 'json', 'topic' = '${PREFIX}order_dw.order');
CREATE TEMPORARY TABLE feedback (feedback_id BIGINT, order_id BIGINT, rating INT, `comment` STRING, feedback_date TIMESTAMP(3)) WITH (
  'connector' = 'kafka', 'properties.bootstrap.servers' = '${BOOTSTRAP}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = '${BOUNDED}', 'format' = 'json', 'topic' = '${PREFIX}order_dw.feedback');
