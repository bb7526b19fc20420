-- Two unbounded left joins: orders with their user and feedback.
-- reads: order_dw.order order_dw.user order_dw.feedback
CREATE TEMPORARY TABLE sink (order_id BIGINT, user_id BIGINT, name STRING, email STRING, order_price DECIMAL(10, 2), status STRING, order_date TIMESTAMP(3), feedback_id BIGINT, rating INT, `comment` STRING) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT o.order_id, o.user_id, u.name, u.email, o.order_price, o.status, o.order_date, f.feedback_id, f.rating, f.`comment`
FROM orders o LEFT JOIN users u ON o.user_id = u.id LEFT JOIN feedback f ON o.order_id = f.order_id;
