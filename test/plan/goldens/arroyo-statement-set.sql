-- two INSERTs into one sink in a STATEMENT SET
CREATE TABLE cars (ts TIMESTAMP(3), driver_id BIGINT, event_type STRING, location STRING, WATERMARK FOR ts AS ts - INTERVAL '1' HOUR) WITH ('connector' = 'kafka', 'topic' = 'cars', 'format' = 'json');
CREATE TABLE snk (ts TIMESTAMP(3), driver_id BIGINT, event_type STRING, location STRING) WITH ('connector' = 'kafka', 'topic' = 'snk', 'format' = 'json');
EXECUTE STATEMENT SET BEGIN
INSERT INTO snk SELECT * FROM cars WHERE driver_id = 100 AND event_type = 'pickup';
INSERT INTO snk SELECT * FROM cars WHERE driver_id = 101 AND event_type = 'dropoff';
END;
---- expect
Sink(table=[default_catalog.default_database.snk], fields=[ts, driver_id, event_type, location], changelogMode=[NONE])
+- Calc(select=[ts, driver_id, event_type, location], where=[((driver_id = 100) AND (event_type = 'pickup'))], changelogMode=[I])
   +- TableSourceScan(table=[[default_catalog, default_database, cars, watermark=[ts - INTERVAL '1' HOUR]]], fields=[ts, driver_id, event_type, location], changelogMode=[I])(reuse_id=[1])

Sink(table=[default_catalog.default_database.snk], fields=[ts, driver_id, event_type, location], changelogMode=[NONE])
+- Calc(select=[ts, driver_id, event_type, location], where=[((driver_id = 101) AND (event_type = 'dropoff'))], changelogMode=[I])
   +- Reused(reference_id=[1])

== State ==
No operator keeps rows; sources keep their positions only.
