-- The same joins with hand-written sources instead of the Kafka catalog. The plain `kafka` connector appends: an order that changes in
-- Kafka is a further row, not an update (that is what the catalog's upsert-kafka tables are for).
-- Run: psql -h 127.0.0.1 -p 7432 -f sql-examples/02-order-join-tables.sql

CREATE TEMPORARY TABLE user_source (
  key_id BIGINT,
  value_name STRING
) WITH (
  'connector' = 'kafka',
  'topic' = 'user',
  'properties.bootstrap.servers' = '127.0.0.1:9092',
  'scan.startup.mode' = 'earliest-offset',
  'key.format' = 'json',
  'value.format' = 'json',
  'key.fields' = 'key_id',
  'key.fields-prefix' = 'key_',
  'value.fields-prefix' = 'value_',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.json.infer-schema.flatten-nested-columns.enable' = 'false',
  'value.json.infer-schema.primitive-as-string' = 'false'
);

CREATE TEMPORARY TABLE order_source (
  key_id BIGINT,
  value_product STRING,
  value_user_id BIGINT
) WITH (
  'connector' = 'kafka',
  'topic' = 'order',
  'properties.bootstrap.servers' = '127.0.0.1:9092',
  'scan.startup.mode' = 'earliest-offset',
  'key.format' = 'json',
  'value.format' = 'json',
  'key.fields' = 'key_id',
  'key.fields-prefix' = 'key_',
  'value.fields-prefix' = 'value_',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.json.infer-schema.flatten-nested-columns.enable' = 'false',
  'value.json.infer-schema.primitive-as-string' = 'false'
);

CREATE TEMPORARY TABLE feedback_source (
  key_id BIGINT,
  value_user_id BIGINT,
  value_comment STRING
) WITH (
  'connector' = 'kafka',
  'topic' = 'feedback',
  'properties.bootstrap.servers' = '127.0.0.1:9092',
  'scan.startup.mode' = 'earliest-offset',
  'key.format' = 'json',
  'value.format' = 'json',
  'key.fields' = 'key_id',
  'key.fields-prefix' = 'key_',
  'value.fields-prefix' = 'value_',
  'value.fields-include' = 'EXCEPT_KEY',
  'value.json.infer-schema.flatten-nested-columns.enable' = 'false',
  'value.json.infer-schema.primitive-as-string' = 'false'
);

CREATE TEMPORARY TABLE print_user_product (
  order_id BIGINT,
  product STRING,
  user_name STRING
) WITH ('connector' = 'print', 'logger' = 'true');

CREATE TEMPORARY TABLE print_user_feedback (
  feedback_id BIGINT,
  `comment` STRING,
  user_name STRING
) WITH ('connector' = 'print', 'logger' = 'true');

BEGIN STATEMENT SET;

INSERT INTO print_user_product
SELECT order_source.key_id AS order_id, value_product AS product, user_source.value_name AS user_name
FROM order_source LEFT JOIN user_source ON order_source.value_user_id = user_source.key_id;

INSERT INTO print_user_feedback
SELECT feedback_source.key_id AS feedback_id, value_comment AS `comment`, user_source.value_name AS user_name
FROM feedback_source LEFT JOIN user_source ON feedback_source.value_user_id = user_source.key_id;

END;

SHOW JOBS;
