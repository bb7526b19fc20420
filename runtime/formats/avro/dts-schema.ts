/**
 * The Avro schema of DTS's messages: record `com.alibaba.dts.formats.avro.Record`. Branches of unions are named by their position here, as
 * Avro writes them. Source: Alibaba Cloud DTS, "Data formats of a Kafka cluster" and the schema it refers to.
 */
const NAMESPACE = 'com.alibaba.dts.formats.avro';
const record = (name: string, ...fields: readonly [name: string, type: unknown, byDefault?: unknown][]): object => ({
  namespace: NAMESPACE, type: 'record', name, fields: fields.map(([field, type, byDefault]) => ({ name: field, type, ...(byDefault === undefined ? {} : { default: byDefault }) })),
});
const maybeInt = ['null', 'int'];

export const SOURCE_TYPES = ['MySQL', 'Oracle', 'SQLServer', 'PostgreSQL', 'MongoDB', 'Redis', 'DB2', 'PPAS', 'DRDS', 'HBASE', 'HDFS', 'FILE', 'OTHER'] as const;
export const OPERATIONS = ['INSERT', 'UPDATE', 'DELETE', 'DDL', 'BEGIN', 'COMMIT', 'ROLLBACK', 'ABORT', 'HEARTBEAT', 'CHECKPOINT', 'COMMAND', 'FILL', 'FINISH', 'CONTROL', 'RDB', 'NOOP', 'INIT'] as const;
/** Branches of an image's union. */
export const IMAGES = ['null', 'Integer', 'Character', 'Decimal', 'Float', 'Timestamp', 'DateTime', 'TimestampWithTimeZone', 'BinaryGeometry', 'TextGeometry', 'BinaryObject', 'TextObject', 'EmptyObject'] as const;
export const imageBranch = (name: (typeof IMAGES)[number]): number => IMAGES.indexOf(name);
/** Branches of `fields`, `beforeImages`, `afterImages`. */
export const NONE_BRANCH = 0, TEXT_BRANCH = 1, LIST_BRANCH = 2;

const images = ['null', 'string', { type: 'array', items: IMAGES.map((n) => (n === 'null' ? n : `${NAMESPACE}.${n}`)) }];
/** All types in order of use; the last is the message. */
export const DTS_SCHEMA: readonly object[] = [
  record('Field', ['name', 'string'], ['dataTypeNumber', 'int']),
  record('Integer', ['precision', 'int'], ['value', 'string']),
  record('Character', ['charset', 'string'], ['value', 'bytes']),
  record('Decimal', ['value', 'string'], ['precision', 'int'], ['scale', 'int']),
  record('Float', ['value', 'double'], ['precision', 'int'], ['scale', 'int']),
  record('Timestamp', ['timestamp', 'long'], ['millis', 'int']),
  record('DateTime', ...['year', 'month', 'day', 'hour', 'minute', 'second', 'millis'].map((n): [string, unknown, unknown] => [n, maybeInt, null])),
  record('TimestampWithTimeZone', ['value', `${NAMESPACE}.DateTime`], ['timezone', 'string']),
  record('BinaryGeometry', ['type', 'string'], ['value', 'bytes']),
  record('TextGeometry', ['type', 'string'], ['value', 'string']),
  record('BinaryObject', ['type', 'string'], ['value', 'bytes']),
  record('TextObject', ['type', 'string'], ['value', 'string']),
  { namespace: NAMESPACE, type: 'enum', name: 'EmptyObject', symbols: ['NULL', 'NONE'] },
  record('Record',
    ['version', 'int'], ['id', 'long'], ['sourceTimestamp', 'long'], ['sourcePosition', 'string'], ['safeSourcePosition', 'string', ''], ['sourceTxid', 'string', ''],
    ['source', { ...record('Source', ['sourceType', { namespace: NAMESPACE, type: 'enum', name: 'SourceType', symbols: SOURCE_TYPES }], ['version', 'string']) }],
    ['operation', { namespace: NAMESPACE, type: 'enum', name: 'Operation', symbols: OPERATIONS }],
    ['objectName', ['null', 'string'], null], ['processTimestamps', ['null', { type: 'array', items: 'long' }], null], ['tags', { type: 'map', values: 'string' }, {}],
    ['fields', ['null', 'string', { type: 'array', items: `${NAMESPACE}.Field` }], null], ['beforeImages', images, null], ['afterImages', images, null], ['bornTimestamp', 'long', 0]),
];
