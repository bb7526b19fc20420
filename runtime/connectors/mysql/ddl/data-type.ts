/** The type of a column definition: MySQL's many spellings to the names information_schema uses, before its character set is known. */
import type { ServerFacts } from '../contract.ts';
import type { Cursor } from './cursor.ts';

/** Whose grammar and names. */
export type Dialect = Pick<ServerFacts, 'flavor' | 'version'>;

/** `family` text: CHAR, VARCHAR and the TEXTs, which with the character set `binary` become BINARY, VARBINARY and the BLOBs. */
export interface TypeDraft {
  readonly dataType: string;
  readonly family: 'number' | 'text' | 'choice' | 'other';
  readonly length: number | null;
  readonly scale: number | null;
  readonly values: readonly string[] | null;
  /** Of a TEXT or BLOB with a length: the smallest kind that holds it is taken. */
  readonly sized: boolean;
  /** What the spelling alone says: NATIONAL, MariaDB's JSON. */
  readonly charset: string | null;
  readonly collation: string | null;
  /** SERIAL. */
  readonly serial: boolean;
}
const draft = (dataType: string, family: TypeDraft['family'], more: Partial<TypeDraft> = {}): TypeDraft => ({ dataType, family, length: null, scale: null, values: null, sized: false, charset: null, collation: null, serial: false, ...more });

const INTEGERS: Readonly<Record<string, string>> = { TINYINT: 'tinyint', INT1: 'tinyint', SMALLINT: 'smallint', INT2: 'smallint', MEDIUMINT: 'mediumint', MIDDLEINT: 'mediumint', INT3: 'mediumint', INT: 'int', INTEGER: 'int', INT4: 'int', BIGINT: 'bigint', INT8: 'bigint' };
const LOBS: Readonly<Record<string, string>> = { TINYTEXT: 'tinytext', MEDIUMTEXT: 'mediumtext', LONGTEXT: 'longtext', TINYBLOB: 'tinyblob', MEDIUMBLOB: 'mediumblob', LONGBLOB: 'longblob' };
const PLAIN: Readonly<Record<string, string>> = {
  DATE: 'date', GEOMETRY: 'geometry', POINT: 'point', LINESTRING: 'linestring', POLYGON: 'polygon', MULTIPOINT: 'multipoint', MULTILINESTRING: 'multilinestring', MULTIPOLYGON: 'multipolygon',
  UUID: 'uuid', INET4: 'inet4', INET6: 'inet6', XMLTYPE: 'xmltype',
};
const NATIONAL = { charset: 'utf8mb3' } as const;

/** Fails where no known type stands. */
export function parseType(c: Cursor, facts: Dialect): TypeDraft {
  const { word } = c.peek(), isMariaDb = facts.flavor === 'mariadb';
  if (c.peek().kind !== 'word') c.fail('a type');
  const integer = INTEGERS[word], lob = LOBS[word], plain = PLAIN[word];
  if (integer !== undefined) { c.take(); return draft(integer, 'number', { length: inBrackets(c) }); }
  if (lob !== undefined) { c.take(); return draft(lob, lob.endsWith('text') ? 'text' : 'other'); }
  if (plain !== undefined) { c.take(); return draft(plain, 'other'); }
  c.take();
  switch (word) {
    case 'BOOL': case 'BOOLEAN': return draft('tinyint', 'number', { length: 1 });
    case 'SERIAL': return draft('bigint', 'number', { serial: true });
    case 'DECIMAL': case 'DEC': case 'NUMERIC': case 'FIXED': { const [length, scale] = pair(c); return draft('decimal', 'number', { length: length ?? 10, scale: scale ?? 0 }); }
    case 'FLOAT': case 'FLOAT4': { const [length, scale] = pair(c); return scale === null ? draft((length ?? 0) > 24 ? 'double' : 'float', 'number') : draft('float', 'number', { length, scale }); }
    case 'DOUBLE': case 'REAL': case 'FLOAT8': { c.accept('PRECISION'); const [length, scale] = pair(c); return draft('double', 'number', { length, scale }); }
    case 'BIT': return draft('bit', 'other', { length: inBrackets(c) ?? 1 });
    case 'YEAR': return inBrackets(c), draft('year', 'number');
    case 'TIME': case 'DATETIME': case 'TIMESTAMP': return draft(word.toLowerCase(), 'other', { scale: inBrackets(c) ?? 0 });
    case 'JSON': return isMariaDb ? draft('longtext', 'text', { charset: 'utf8mb4', collation: 'utf8mb4_bin' }) : draft('json', 'other');
    case 'VECTOR': return draft('vector', 'other', { length: inBrackets(c) ?? 2048 });
    case 'GEOMETRYCOLLECTION': case 'GEOMCOLLECTION': return draft(isMariaDb || facts.version[0] < 8 ? 'geometrycollection' : 'geomcollection', 'other');
    case 'ENUM': case 'SET': return draft(word.toLowerCase(), 'choice', { values: choices(c) });
    case 'TEXT': { const length = inBrackets(c); return draft('text', 'text', { length, sized: length !== null }); }
    case 'BLOB': { const length = inBrackets(c); return draft('blob', 'other', { length, sized: length !== null }); }
    case 'BINARY': return draft('binary', 'other', { length: inBrackets(c) ?? 1 });
    case 'VARBINARY': return draft('varbinary', 'other', { length: required(c) });
    default: return characters(c, word);
  }
}

function characters(c: Cursor, word: string): TypeDraft {
  switch (word) {
    case 'VARCHAR': case 'VARCHARACTER': return draft('varchar', 'text', { length: required(c) });
    case 'NVARCHAR': return draft('varchar', 'text', { ...NATIONAL, length: required(c) });
    case 'CHAR': case 'CHARACTER': return c.accept('VARYING') ? draft('varchar', 'text', { length: required(c) }) : draft('char', 'text', { length: inBrackets(c) ?? 1 });
    case 'NCHAR': return c.accept('VARYING') || c.accept('VARCHAR') ? draft('varchar', 'text', { ...NATIONAL, length: required(c) }) : draft('char', 'text', { ...NATIONAL, length: inBrackets(c) ?? 1 });
    case 'NATIONAL': {
      const varying = c.accept('VARCHAR') || c.accept('VARCHARACTER');
      if (!varying && !c.accept('CHAR') && !c.accept('CHARACTER')) c.fail('CHAR');
      return varying || c.accept('VARYING') ? draft('varchar', 'text', { ...NATIONAL, length: required(c) }) : draft('char', 'text', { ...NATIONAL, length: inBrackets(c) ?? 1 });
    }
    case 'LONG': {
      if (c.accept('VARBINARY')) return draft('mediumblob', 'other');
      if (!c.accept('VARCHAR') && !c.accept('VARCHARACTER') && (c.accept('CHAR') || c.accept('CHARACTER'))) c.expect('VARYING');
      return draft('mediumtext', 'text');
    }
    default: return c.fail(`a type that is known instead of ${word}`);
  }
}

/** `(n)`, null when there is none. */
function inBrackets(c: Cursor): number | null {
  if (!c.acceptPunct('(')) return null;
  if (c.acceptPunct(')')) return null;
  const value = c.number();
  c.expectPunct(')');
  return value;
}
function required(c: Cursor): number {
  const value = inBrackets(c);
  return value ?? c.fail('a length');
}
/** `(m)` or `(m, d)`. */
function pair(c: Cursor): [number | null, number | null] {
  if (!c.acceptPunct('(')) return [null, null];
  const first = c.number(), second = c.acceptPunct(',') ? c.number() : null;
  c.expectPunct(')');
  return [first, second];
}
/** The server drops blanks at the end of a value. */
function choices(c: Cursor): string[] {
  c.expectPunct('(');
  const values: string[] = [];
  do values.push(c.string().replace(/ +$/, '')); while (c.acceptPunct(','));
  c.expectPunct(')');
  return values;
}
