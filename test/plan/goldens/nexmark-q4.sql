-- Nexmark q4
CREATE TABLE auction (id BIGINT, item_name STRING, description STRING, initial_bid BIGINT, reserve BIGINT, date_time TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING, WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'kafka', 'topic' = 'auction', 'format' = 'json');
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, date_time TIMESTAMP(3), extra STRING, WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'kafka', 'topic' = 'bid', 'format' = 'json');
CREATE TABLE snk (category BIGINT, avg_final DOUBLE, PRIMARY KEY (category) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'snk');
INSERT INTO snk SELECT Q.category, AVG(CAST(Q.final AS DOUBLE)) FROM (SELECT MAX(B.price) AS final, A.category FROM auction A, bid B WHERE A.id = B.auction AND B.date_time BETWEEN A.date_time AND A.expires GROUP BY A.id, A.category) Q GROUP BY Q.category;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[category, avg_final], changelogMode=[NONE])
+- GroupAggregate(groupBy=[category], select=[category, AVG($f1) AS EXPR$0], changelogMode=[I,UA,D])
   +- Exchange(distribution=[hash[category]], changelogMode=[I,UB,UA])
      +- Calc(select=[category, CAST(EXPR$0 AS DOUBLE) AS $f1], changelogMode=[I,UB,UA])
         +- GroupAggregate(groupBy=[id, category], select=[id, category, MAX(price) AS EXPR$0], changelogMode=[I,UB,UA])
            +- Exchange(distribution=[hash[id, category]], changelogMode=[I])
               +- Calc(select=[id, category, price], changelogMode=[I])
                  +- Join(joinType=[InnerJoin], where=[((id = auction) AND ((date_time0 >= date_time) AND (date_time0 <= expires)))], select=[id, date_time, expires, category, auction, price, date_time0], leftInputSpec=[NoUniqueKey], rightInputSpec=[NoUniqueKey], changelogMode=[I])
                     :- Exchange(distribution=[hash[id]], changelogMode=[I])
                     :  +- TableSourceScan(table=[[default_catalog, default_database, auction, watermark=[date_time - INTERVAL '4' SECOND]]], fields=[id, date_time, expires, category], changelogMode=[I])
                     +- Exchange(distribution=[hash[auction]], changelogMode=[I])
                        +- TableSourceScan(table=[[default_catalog, default_database, bid, watermark=[date_time - INTERVAL '4' SECOND]]], fields=[auction, price, date_time], changelogMode=[I])

== State ==
Join(joinType=[InnerJoin], where=[((id = auction) AND ((date_time0 >= date_time) AND (date_time0 <= expires)))], select=[id, date_time, expires, category, au...
  - left side: every row, by (id); grows with the rows of the left input, kept for ever
  - right side: every row, by (auction); grows with the rows of the right input, kept for ever
GroupAggregate(groupBy=[id, category], select=[id, category, MAX(price) AS EXPR$0])
  - accumulators of 1 call per group by (id, category); grows with the number of distinct groups, kept for ever
GroupAggregate(groupBy=[category], select=[category, AVG($f1) AS EXPR$0])
  - accumulators of 1 call per group by (category); grows with the number of distinct groups, kept for ever
