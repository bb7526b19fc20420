-- Nexmark q3
CREATE TABLE auction (id BIGINT, item_name STRING, description STRING, initial_bid BIGINT, reserve BIGINT, date_time TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING, WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'kafka', 'topic' = 'auction', 'format' = 'json');
CREATE TABLE person (id BIGINT, name STRING, email_address STRING, credit_card STRING, city STRING, state STRING, date_time TIMESTAMP(3), extra STRING, WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'kafka', 'topic' = 'person', 'format' = 'json');
CREATE TABLE snk (name STRING, city STRING, state STRING, id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'json');
INSERT INTO snk SELECT P.name, P.city, P.state, A.id FROM auction AS A INNER JOIN person AS P ON A.seller = P.id WHERE A.category = 10 AND (P.state = 'or' OR P.state = 'id' OR P.state = 'ca');
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[name, city, state, id], changelogMode=[NONE])
+- Calc(select=[name, city, state, id], changelogMode=[I])
   +- Join(joinType=[InnerJoin], where=[(seller = id0)], select=[id, seller, id0, name, city, state], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
      :- Exchange(distribution=[hash[seller]], changelogMode=[I])
      :  +- Calc(select=[id, seller], where=[(category = 10)], changelogMode=[I])
      :     +- TableSourceScan(table=[[default_catalog, default_database, auction, watermark=[date_time - INTERVAL '4' SECOND]]], fields=[id, seller, category], changelogMode=[I])
      +- Exchange(distribution=[hash[id]], changelogMode=[I])
         +- Calc(select=[id, name, city, state], where=[((state = 'or') OR (state = 'id') OR (state = 'ca'))], changelogMode=[I])
            +- TableSourceScan(table=[[default_catalog, default_database, person, watermark=[date_time - INTERVAL '4' SECOND]]], fields=[id, name, city, state], changelogMode=[I])

== State ==
Join(joinType=[InnerJoin], where=[(seller = id0)], select=[id, seller, id0, name, city, state], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey])
  - left side: every row, by (seller); grows with the rows of the left input, kept for ever
  - right side: every row, by (id); grows with the rows of the right input, kept for ever
