-- Nexmark q13
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, date_time TIMESTAMP(3), extra STRING, WATERMARK FOR date_time AS date_time - INTERVAL '4' SECOND) WITH ('connector' = 'kafka', 'topic' = 'bid', 'format' = 'json');
CREATE TABLE side_input (k BIGINT, v STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'side_input');
CREATE TABLE snk (auction BIGINT, bidder BIGINT, price BIGINT, date_time TIMESTAMP(3), v STRING) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT B.auction, B.bidder, B.price, B.date_time, S.v FROM bid B JOIN side_input S ON MOD(B.auction, 10000) = S.k;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[auction, bidder, price, date_time, v], changelogMode=[NONE])
+- Calc(select=[auction, bidder, price, date_time, v], changelogMode=[I,UB,UA,D])
   +- Join(joinType=[InnerJoin], where=[($f7 = k)], select=[auction, bidder, price, date_time, $f7, k, v], leftInputSpec=[NoUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])
      :- Exchange(distribution=[hash[$f7]], changelogMode=[I])
      :  +- Calc(select=[auction, bidder, price, date_time, MOD(auction, 10000) AS $f7], changelogMode=[I])
      :     +- TableSourceScan(table=[[default_catalog, default_database, bid, watermark=[date_time - INTERVAL '4' SECOND]]], fields=[auction, bidder, price, date_time], changelogMode=[I])
      +- ChangelogNormalize(key=[k], changelogMode=[I,UB,UA,D])
         +- Exchange(distribution=[hash[k]], changelogMode=[I,UA,D])
            +- TableSourceScan(table=[[default_catalog, default_database, side_input]], fields=[k, v], changelogMode=[I,UA,D])

== State ==
ChangelogNormalize(key=[k])
  - the last row per key (k); grows with the number of keys, kept for ever
Join(joinType=[InnerJoin], where=[($f7 = k)], select=[auction, bidder, price, date_time, $f7, k, v], leftInputSpec=[NoUniqueKey], rightInputSpec=[JoinKeyCont...
  - left side: every row, by ($f7); grows with the rows of the left input, kept for ever
  - right side: at most one row per join key, by (k); grows with the rows of the right input, kept for ever
