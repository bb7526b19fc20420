/** The run-time halves of the connectors: one line each. Imported by worker threads only. */
import type { LookupFactory, SinkFactory, SourceFactory } from './contract.ts';
import { blackholeSink } from './blackhole/blackhole.ts';
import { datagenSource } from './datagen/datagen.ts';
import { kafkaSink, upsertKafkaSink } from './kafka/sink.ts';
import { kafkaPipelineSource } from './kafka/pipeline/source.ts';
import { kafkaPipelineSink } from './kafka/pipeline/writer.ts';
import { kafkaSource, upsertKafkaSource } from './kafka/source.ts';
import { mysqlPipelineSource } from './mysql/cdc/pipeline-source.ts';
import { mysqlCdcSource, mysqlSource } from './mysql/cdc/table-source.ts';
import { mysqlPipelineSink } from './mysql/pipeline/sink.ts';
import { jdbcLookup, mysqlLookup } from './mysql/lookup/reader.ts';
import { jdbcScan } from './mysql/scan/source.ts';
import { jdbcSink, mysqlSink } from './mysql/sink/writer.ts';
import { nexmarkSource } from './nexmark/nexmark.ts';
import { printSink } from './print/print.ts';

export const sourceFactories: readonly SourceFactory[] = [kafkaSource, upsertKafkaSource, datagenSource, nexmarkSource, jdbcScan, mysqlSource, mysqlCdcSource, mysqlPipelineSource, kafkaPipelineSource];
export const sinkFactories: readonly SinkFactory[] = [kafkaSink, upsertKafkaSink, printSink, blackholeSink, kafkaPipelineSink, mysqlSink, jdbcSink, mysqlPipelineSink];
export const lookupFactories: readonly LookupFactory[] = [mysqlLookup, jdbcLookup];
