/** The `schema` beside `payload` of a debezium-json message: Kafka Connect's description of the envelope. Types are those of the JSON that is written, so a temporal value is a string. */
import type { TableVersion } from '../../../../catalog/objects/pipeline-table.ts';
import type { SqlType } from '../../../../core/types/sql-type.ts';

type Schema = Readonly<Record<string, unknown>>;
export function connectSchema(table: TableVersion): Schema {
  const row = (field: string): Schema => ({ type: 'struct', fields: table.columns.map((c) => ({ ...typeOf(c.type), optional: c.type.nullable, field: c.name })), optional: true, field });
  return {
    type: 'struct', optional: false,
    fields: [
      row('before'), row('after'), { type: 'string', optional: true, field: 'op' },
      { type: 'struct', fields: [{ type: 'string', optional: true, field: 'db' }, { type: 'string', optional: true, field: 'table' }], optional: true, field: 'source' },
    ],
  };
}
function typeOf(type: SqlType): Schema {
  switch (type.kind) {
    case 'BOOLEAN': return { type: 'boolean' };
    case 'TINYINT': return { type: 'int8' };
    case 'SMALLINT': return { type: 'int16' };
    case 'INT': return { type: 'int32' };
    case 'BIGINT': return { type: 'int64' };
    case 'FLOAT': return { type: 'float' };
    case 'DOUBLE': return { type: 'double' };
    case 'DECIMAL': return { type: 'double', name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale: String(type.scale), 'connect.decimal.precision': String(type.precision) } };
    case 'BINARY': case 'VARBINARY': return { type: 'bytes' };
    case 'ARRAY': case 'MULTISET': return { type: 'array', items: typeOf(type.element) };
    case 'MAP': return { type: 'map', keys: typeOf(type.key), values: typeOf(type.value) };
    default: return { type: 'string' };
  }
}
