-- The joins of 01-order-join.sql over the topics that 03-pipeline-default-names.yaml copies from MySQL.
-- Run: psql -h 127.0.0.1 -p 7432 -f sql-examples/06-order-dw-join.sql

CREATE CATALOG `kafka-catalog` WITH (
  'type' = 'kafka',
  'properties.bootstrap.servers' = '127.0.0.1:9092',
  'format' = 'json'
);

SHOW TABLES FROM `kafka-catalog`.`kafka`;
DESCRIBE `kafka-catalog`.`kafka`.`order_dw.order`;
SELECT * FROM `kafka-catalog`.`kafka`.`order_dw.order` LIMIT 10;

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
SELECT `order`.key_id AS order_id, value_product AS product, `user`.value_name AS user_name
FROM `kafka-catalog`.`kafka`.`order_dw.order` /*+ OPTIONS('properties.group.id'='g1', 'scan.startup.mode'='earliest-offset') */ AS `order`
LEFT JOIN `kafka-catalog`.`kafka`.`order_dw.user` /*+ OPTIONS('properties.group.id'='g1', 'scan.startup.mode'='earliest-offset') */ AS `user`
ON `order`.value_user_id = `user`.key_id;

INSERT INTO print_user_feedback
SELECT feedback.key_id AS feedback_id, value_comment AS `comment`, `user`.value_name AS user_name
FROM `kafka-catalog`.`kafka`.`order_dw.feedback` /*+ OPTIONS('properties.group.id'='g1', 'scan.startup.mode'='earliest-offset') */ AS feedback
LEFT JOIN `kafka-catalog`.`kafka`.`order_dw.user` /*+ OPTIONS('properties.group.id'='g1', 'scan.startup.mode'='earliest-offset') */ AS `user`
ON feedback.value_user_id = `user`.key_id;

END;

SHOW JOBS;
