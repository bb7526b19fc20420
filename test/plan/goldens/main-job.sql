-- the product's main job: three upsert topics, two INSERTs, one scan of user
CREATE TABLE `user` (key_id BIGINT, value_name STRING, value_mail STRING, PRIMARY KEY (key_id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'user');
CREATE TABLE `order` (key_id BIGINT, value_product STRING, value_user_id BIGINT, PRIMARY KEY (key_id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'order');
CREATE TABLE feedback (key_id BIGINT, value_user_id BIGINT, value_comment STRING, PRIMARY KEY (key_id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'feedback');
CREATE TABLE print_user_product (order_id BIGINT, product STRING, user_name STRING) WITH ('connector' = 'print');
CREATE TABLE print_user_feedback (feedback_id BIGINT, `comment` STRING, user_name STRING) WITH ('connector' = 'print');
EXECUTE STATEMENT SET BEGIN
INSERT INTO print_user_product
SELECT `order`.key_id AS order_id, value_product AS product, `user`.value_name AS user_name
FROM `order` /*+ OPTIONS('properties.group.id'='g1') */ AS `order`
LEFT JOIN `user` /*+ OPTIONS('properties.group.id'='g1') */ AS `user` ON `order`.value_user_id = `user`.key_id;
INSERT INTO print_user_feedback
SELECT feedback.key_id AS feedback_id, value_comment AS `comment`, `user`.value_name AS user_name
FROM feedback /*+ OPTIONS('properties.group.id'='g1') */ AS feedback
LEFT JOIN `user` /*+ OPTIONS('properties.group.id'='g1') */ AS `user` ON feedback.value_user_id = `user`.key_id;
END;
---- expect
Sink(table=[default_catalog.default_database.print_user_product], fields=[order_id, product, user_name], changelogMode=[NONE])
+- Calc(select=[key_id AS order_id, value_product AS product, value_name AS user_name], changelogMode=[I,UB,UA,D])
   +- Join(joinType=[LeftOuterJoin], where=[(value_user_id = key_id0)], select=[key_id, value_product, value_user_id, key_id0, value_name], leftInputSpec=[HasUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
      :- Exchange(distribution=[hash[value_user_id]], changelogMode=[I,UB,UA,D])
      :  +- ChangelogNormalize(key=[key_id], changelogMode=[I,UB,UA,D])
      :     +- Exchange(distribution=[hash[key_id]], changelogMode=[I,UA,D])
      :        +- TableSourceScan(table=[[default_catalog, default_database, order]], fields=[key_id, value_product, value_user_id], changelogMode=[I,UA,D])
      +- ChangelogNormalize(key=[key_id], changelogMode=[I,UB,UA,D])(reuse_id=[1])
         +- Exchange(distribution=[hash[key_id]], changelogMode=[I,UA,D])
            +- TableSourceScan(table=[[default_catalog, default_database, user]], fields=[key_id, value_name], changelogMode=[I,UA,D])

Sink(table=[default_catalog.default_database.print_user_feedback], fields=[feedback_id, comment, user_name], changelogMode=[NONE])
+- Calc(select=[key_id AS feedback_id, value_comment AS comment, value_name AS user_name], changelogMode=[I,UB,UA,D])
   +- Join(joinType=[LeftOuterJoin], where=[(value_user_id = key_id0)], select=[key_id, value_user_id, value_comment, key_id0, value_name], leftInputSpec=[HasUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
      :- Exchange(distribution=[hash[value_user_id]], changelogMode=[I,UB,UA,D])
      :  +- ChangelogNormalize(key=[key_id], changelogMode=[I,UB,UA,D])
      :     +- Exchange(distribution=[hash[key_id]], changelogMode=[I,UA,D])
      :        +- TableSourceScan(table=[[default_catalog, default_database, feedback]], fields=[key_id, value_user_id, value_comment], changelogMode=[I,UA,D])
      +- Reused(reference_id=[1])

== State ==
ChangelogNormalize(key=[key_id])
  - the last row per key (key_id); grows with the number of keys, kept for ever
ChangelogNormalize(key=[key_id])
  - the last row per key (key_id); grows with the number of keys, kept for ever
Join(joinType=[LeftOuterJoin], where=[(value_user_id = key_id0)], select=[key_id, value_product, value_user_id, key_id0, value_name], leftInputSpec=[HasUniqu...
  - left side: one row per (key_id), by (value_user_id), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, by (key_id); grows with the rows of the right input, kept for ever
ChangelogNormalize(key=[key_id])
  - the last row per key (key_id); grows with the number of keys, kept for ever
Join(joinType=[LeftOuterJoin], where=[(value_user_id = key_id0)], select=[key_id, value_user_id, value_comment, key_id0, value_name], leftInputSpec=[HasUniqu...
  - left side: one row per (key_id), by (value_user_id), with the number of its matches; grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, by (key_id); grows with the rows of the right input, kept for ever
