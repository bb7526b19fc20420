-- count over a HAVING aggregate
CREATE TABLE cars (ts TIMESTAMP(3), driver_id BIGINT, event_type STRING, location STRING, WATERMARK FOR ts AS ts - INTERVAL '1' HOUR) WITH ('connector' = 'kafka', 'topic' = 'cars', 'format' = 'json');
CREATE TABLE snk (drivers BIGINT) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'debezium-json');
INSERT INTO snk SELECT COUNT(*) FROM (SELECT driver_id, COUNT(*) AS c FROM cars GROUP BY driver_id HAVING COUNT(*) > 85);
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[drivers], changelogMode=[NONE])
+- GroupAggregate(select=[COUNT(*) AS EXPR$0], changelogMode=[I,UB,UA,D])
   +- Exchange(distribution=[single], changelogMode=[I,UB,UA,D])
      +- Calc(select=[driver_id, EXPR$0], where=[(EXPR$0 > 85)], changelogMode=[I,UB,UA,D])
         +- GroupAggregate(groupBy=[driver_id], select=[driver_id, COUNT(*) AS EXPR$0], changelogMode=[I,UB,UA])
            +- Exchange(distribution=[hash[driver_id]], changelogMode=[I])
               +- TableSourceScan(table=[[default_catalog, default_database, cars, watermark=[ts - INTERVAL '1' HOUR]]], fields=[driver_id], changelogMode=[I])

== State ==
GroupAggregate(groupBy=[driver_id], select=[driver_id, COUNT(*) AS EXPR$0])
  - accumulators of 1 call per group by (driver_id); grows with the number of distinct groups, kept for ever
GroupAggregate(select=[COUNT(*) AS EXPR$0])
  - one global group: accumulators of 1 call; constant size
