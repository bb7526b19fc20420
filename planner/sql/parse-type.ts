/** Types as in Flink ("Data Types", flink-sql-parser) and their PostgreSQL spellings, and the qualifiers of intervals. */
import type { DeclaredNullability, IntervalQualifier, RowFieldNode, TimeUnit, TypeNode } from './ast.ts';
import { ParserCore } from './parser-core.ts';

const UNITS: readonly TimeUnit[] = ['MILLENNIUM', 'CENTURY', 'DECADE', 'YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND', 'MILLISECOND', 'MICROSECOND', 'NANOSECOND', 'DOW', 'DOY', 'ISODOW', 'ISOYEAR', 'EPOCH'];
/** Every spelling of a unit: plural, ODBC's SQL_TSI_DAY, DAYOFWEEK. */
const UNIT_WORDS = new Map<string, TimeUnit>([
  ...UNITS.flatMap((unit): [string, TimeUnit][] => [[unit, unit], [`${unit}S`, unit], [`SQL_TSI_${unit}`, unit]]),
  ['SQL_TSI_FRAC_SECOND', 'NANOSECOND'], ['FRAC_SECOND', 'NANOSECOND'], ['DAYOFWEEK', 'DOW'], ['DAYOFYEAR', 'DOY'], ['MILLENNIA', 'MILLENNIUM'], ['CENTURIES', 'CENTURY'],
]);
const ALIASES = new Map<string, string>([['INTEGER', 'INT'], ['DEC', 'DECIMAL'], ['NUMERIC', 'DECIMAL'], ['CHARACTER', 'CHAR'], ['BOOL', 'BOOLEAN']]);
/** Reserved words that name a type. */
const TYPE_WORDS = new Set('BIGINT BINARY BIT BLOB BOOLEAN BYTES CHAR CHARACTER CLOB DATE DATETIME DEC DECIMAL DOUBLE FLOAT INT INTEGER NUMERIC REAL SMALLINT STRING TIME TIMESTAMP TIMESTAMP_LTZ TINYINT VARBINARY VARCHAR ANY'.split(' '));
const TIME_UNIT = 'a time unit such as SECOND';

export abstract class TypeParser extends ParserCore {
  type(): TypeNode {
    const outer = this.enter(), start = this.tok.start;
    let type = this.#nullability(this.#baseType(start), start);
    for (;;) {
      const collection = this.tok.word === '[' && this.peek().word === ']' ? 'ARRAY' : this.takeOne(['ARRAY', 'MULTISET']);
      if (collection === undefined) break;
      if (this.tok.word === '[') { this.next(); this.next(); }
      this.grow();
      type = this.#nullability({ kind: 'collectionType', collection, element: type, nullable: undefined, range: this.rangeFrom(start) }, start);
    }
    this.leave(outer);
    return type;
  }

  #nullability(type: TypeNode, start: number): TypeNode {
    let nullable: DeclaredNullability;
    if (this.takeWords('NOT', 'NULL')) nullable = false;
    else if (this.tok.word === 'NULL' && this.peek().word !== 'ON') { this.next(); nullable = true; }
    else return type;
    return { ...type, nullable, range: this.rangeFrom(start) };
  }

  #baseType(start: number): TypeNode {
    const nullable = undefined, { word } = this.tok;
    switch (word) {
      case 'ROW': return this.#rowType(start);
      case 'ARRAY': case 'MULTISET': {
        this.next();
        const element = this.#bracketed(this.type);
        return { kind: 'collectionType', collection: word, element, nullable, range: this.rangeFrom(start) };
      }
      case 'MAP': if (this.peek().word === '<') {
        this.next();
        const [key, value] = this.#bracketed(() => { const k = this.type(); this.need(','); return [k, this.type()] as const; });
        return { kind: 'mapType', key, value, nullable, range: this.rangeFrom(start) };
      } break;
      case 'RAW': {
        this.next();
        this.need('(');
        const className = this.string();
        this.need(',');
        const serializer = this.string();
        this.need(')');
        return { kind: 'rawType', className, serializer, nullable, range: this.rangeFrom(start) };
      }
      case 'STRUCTURED': {
        this.next();
        const [className, fields] = this.#bracketed(() => { const name = this.string('a class name in quotes'); return [name, this.take(',') ? this.list(this.#rowField) : []] as const; });
        return { kind: 'structuredType', className, fields, nullable, range: this.rangeFrom(start) };
      }
      case 'INTERVAL': {
        this.next();
        const qualifier = this.atUnit ? this.intervalQualifier() : undefined;
        return { kind: 'intervalType', qualifier, nullable, range: this.rangeFrom(start) };
      }
    }
    return this.#simpleType(start);
  }

  #bracketed<T>(inside: () => T): T {
    this.need('<');
    const value = inside.call(this);
    this.need('>');
    return value;
  }

  /** ROW<a INT, …> and ROW(a INT, …). */
  #rowType(start: number): TypeNode {
    this.next();
    const close = this.take('<') ? '>' : ')';
    if (close === ')') this.need('(');
    let fields: RowFieldNode[] = [];
    if (!this.take(close)) {
      fields = this.list(this.#rowField);
      this.need(close);
    }
    return { kind: 'rowType', fields, nullable: undefined, range: this.rangeFrom(start) };
  }
  #rowField(): RowFieldNode {
    const start = this.tok.start, name = this.identifier('a field name'), type = this.type();
    const comment = this.tok.type === 'string' ? this.string() : undefined;
    return { kind: 'rowField', name, type, comment, range: this.rangeFrom(start) };
  }

  #simpleType(start: number): TypeNode {
    const first = this.tok;
    if (first.type !== 'quoted' && !(first.type === 'word' && (TYPE_WORDS.has(first.word) || !this.refused.has(first.word)))) this.fail('a type');
    const qualifier = [this.anyIdentifier('a type')];
    const isReserved = first.type === 'word' && this.refused.has(first.word);
    while (!isReserved && this.take('.')) qualifier.push(this.anyIdentifier('a type'));
    const last = qualifier.pop() as typeof qualifier[number], upper = last.value.toUpperCase();
    let name = last.quoted ? last.value : ALIASES.get(upper) ?? upper;
    if (!last.quoted) {
      if (upper === 'DOUBLE') this.take('PRECISION');
      if ((upper === 'CHARACTER' || upper === 'CHAR') && this.take('VARYING')) name = 'VARCHAR';
      if (upper === 'BINARY' && this.take('VARYING')) name = 'VARBINARY';
    }
    const parameters: number[] = [];
    if (this.take('(')) {
      do parameters.push(this.wholeNumber('a length or precision')); while (parameters.length < 2 && this.take(','));
      this.need(')');
    }
    if (!last.quoted && (upper === 'TIME' || upper === 'TIMESTAMP')) {
      if (this.takeWords('WITH', 'LOCAL', 'TIME', 'ZONE')) name = `${upper}_LTZ`;
      else if (this.takeWords('WITH', 'TIME', 'ZONE')) name = `${upper} WITH TIME ZONE`;
      else this.takeWords('WITHOUT', 'TIME', 'ZONE');
    }
    return { kind: 'simpleType', name, quoted: last.quoted, qualifier, parameters, nullable: undefined, range: this.rangeFrom(start) };
  }

  protected get atUnit(): boolean { return (this.tok.type === 'word' && UNIT_WORDS.has(this.tok.word)) || this.note(TIME_UNIT); }
  protected timeUnit(): TimeUnit {
    const unit = this.tok.type === 'word' ? UNIT_WORDS.get(this.tok.word) : undefined;
    if (unit === undefined) return this.fail(TIME_UNIT);
    this.next();
    return unit;
  }
  /** `DAY`, `DAY(3) TO SECOND(6)`, `SECOND(2, 3)`. */
  protected intervalQualifier(): IntervalQualifier {
    const start = this.tok.start, from = this.timeUnit();
    let fromPrecision: number | undefined, to: TimeUnit | undefined, toPrecision: number | undefined;
    if (this.tok.word === '(' && this.peek().type === 'number') {
      this.next();
      fromPrecision = this.wholeNumber();
      if (this.take(',')) toPrecision = this.wholeNumber();
      this.need(')');
    }
    if (this.take('TO')) {
      to = this.timeUnit();
      if (this.tok.word === '(' && this.peek().type === 'number') {
        this.next();
        toPrecision = this.wholeNumber();
        this.need(')');
      }
    }
    return { kind: 'intervalQualifier', from, fromPrecision, to, toPrecision, range: this.rangeFrom(start) };
  }
}
