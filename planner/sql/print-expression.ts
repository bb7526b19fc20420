/**
 * Syntax tree → text: names, types, expressions. The inverse of the parser: parsing the text gives an equal tree (ranges aside). Parentheses
 * stand exactly where `precedence.ts` needs them. Written for people and for Flink: names keep their quoting, in back-ticks.
 * A chain of classes like the parser, since expressions and queries contain each other.
 */
import { assertNever } from '../../core/errors/common.ts';
import type { Argument, Binary, Expression, FunctionCall, Hint, HintArgument, Identifier, IntervalQualifier, JsonBehavior, OptionNode, QualifiedName, Query, SimpleType, SortItem, TypeNode, WindowFrame, WindowSpec, FrameBound } from './ast.ts';
import { NEVER_FUNCTIONS, quoteIdentifier, quoteString, REFUSED_NAMES } from './keywords.ts';
import * as level from './precedence.ts';

const LEXEME = /^(?:\$[A-Za-z_][A-Za-z0-9_]*|[\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Pc}][\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}$]*)$/u;
/** Operands that may carry `[…]` or `.field` without parentheses. */
const SELF_CONTAINED = new Set<Expression['kind']>(['index', 'slice', 'field', 'array', 'map', 'cast']);

export abstract class ExpressionPrinter {
  abstract query(query: Query): string;

  // -------------------------------------------------------------------------------------------------------------- names

  /** A name where reserved words must be quoted. */
  name(id: Identifier): string { return id.quoted || REFUSED_NAMES.has(id.value.toUpperCase()) ? quoteIdentifier(id.value) : this.word(id); }
  /** A name where any word may stand. */
  word(id: Identifier): string { return id.quoted || !LEXEME.test(id.value) ? quoteIdentifier(id.value) : id.value; }
  names(ids: readonly Identifier[]): string { return `(${ids.map((id) => this.name(id)).join(', ')})`; }
  path(parts: readonly Identifier[]): string { return parts.map((part, i) => (i === 0 ? this.name(part) : this.word(part))).join('.'); }
  qualified(name: QualifiedName): string { return this.path(name.parts); }
  string(text: string): string { return quoteString(text); }
  option(option: OptionNode): string { return `${quoteString(option.key)} = ${quoteString(option.value)}`; }

  hints(hints: readonly Hint[]): string { return hints.length === 0 ? '' : ` /*+ ${hints.map((hint) => this.#hint(hint)).join(', ')} */`; }
  #hint(hint: Hint): string { return hint.args.length === 0 ? this.word(hint.name) : `${this.word(hint.name)}(${hint.args.map((arg) => this.#hintArgument(arg)).join(', ')})`; }
  #hintArgument(arg: HintArgument): string {
    if (arg.kind === 'option') return `${quoteString(arg.key)}=${quoteString(arg.value)}`;
    if (arg.form === 'string') return quoteString(arg.value);
    if (arg.form === 'number') return arg.value;
    const parts = arg.value.split('.');
    return parts.includes('') ? quoteIdentifier(arg.value) : parts.map((part) => (LEXEME.test(part) ? part : quoteIdentifier(part))).join('.');
  }

  // -------------------------------------------------------------------------------------------------------------- types

  type(type: TypeNode): string {
    const text = this.#bareType(type);
    return type.nullable === undefined ? text : `${text}${type.nullable ? ' NULL' : ' NOT NULL'}`;
  }
  #bareType(type: TypeNode): string {
    switch (type.kind) {
      case 'simpleType': return this.#simpleType(type);
      case 'collectionType': return `${type.collection}<${this.type(type.element)}>`;
      case 'mapType': return `MAP<${this.type(type.key)}, ${this.type(type.value)}>`;
      case 'rowType': return type.fields.length === 0 ? 'ROW()' : `ROW<${this.#fields(type.fields)}>`;
      case 'intervalType': return type.qualifier === undefined ? 'INTERVAL' : `INTERVAL ${this.qualifier(type.qualifier)}`;
      case 'rawType': return `RAW(${quoteString(type.className)}, ${quoteString(type.serializer)})`;
      case 'structuredType': return `STRUCTURED<${quoteString(type.className)}${type.fields.length === 0 ? '' : `, ${this.#fields(type.fields)}`}>`;
      default: return assertNever(type);
    }
  }
  #fields(fields: Extract<TypeNode, { kind: 'rowType' }>['fields']): string {
    return fields.map((field) => `${this.name(field.name)} ${this.type(field.type)}${field.comment === undefined ? '' : ` ${quoteString(field.comment)}`}`).join(', ');
  }
  #simpleType(type: SimpleType): string {
    const parameters = type.parameters.length === 0 ? '' : `(${type.parameters.join(', ')})`;
    const zone = type.quoted ? -1 : type.name.indexOf(' WITH TIME ZONE'), prefix = type.qualifier.length === 0 ? '' : `${this.path(type.qualifier)}.`;
    if (zone > 0) return `${prefix}${type.name.slice(0, zone)}${parameters} WITH TIME ZONE`;
    return `${prefix}${type.quoted || !LEXEME.test(type.name) ? quoteIdentifier(type.name) : type.name}${parameters}`;
  }
  qualifier(q: IntervalQualifier): string {
    if (q.to === undefined) return q.fromPrecision === undefined ? q.from : `${q.from}(${q.fromPrecision}${q.toPrecision === undefined ? '' : `, ${q.toPrecision}`})`;
    return `${q.from}${q.fromPrecision === undefined ? '' : `(${q.fromPrecision})`} TO ${q.to}${q.toPrecision === undefined ? '' : `(${q.toPrecision})`}`;
  }

  // -------------------------------------------------------------------------------------------------------------- expressions

  expression(node: Expression): string {
    switch (node.kind) {
      case 'column': return this.path(node.parts);
      case 'star': return node.qualifier.length === 0 ? '*' : `${this.path(node.qualifier)}.*`;
      case 'number': return node.text;
      case 'string': return quoteString(node.value);
      case 'binaryLiteral': return `X'${node.hex}'`;
      case 'boolean': return node.value === null ? 'UNKNOWN' : node.value ? 'TRUE' : 'FALSE';
      case 'null': return 'NULL';
      case 'default': return 'DEFAULT';
      case 'temporal': return `${node.type === 'TIMESTAMP_LTZ' ? 'TIMESTAMP WITH LOCAL TIME ZONE' : node.type} ${quoteString(node.value)}`;
      case 'interval': return `INTERVAL ${node.negative ? '-' : ''}${quoteString(node.value)}${node.qualifier === undefined ? '' : ` ${this.qualifier(node.qualifier)}`}`;
      case 'parameter': return node.form === '?' ? '?' : `$${node.index}`;
      case 'unary': return this.#unary(node.op, node.operand);
      case 'binary': return this.#binary(node);
      case 'logical': {
        const min = (node.op === 'OR' ? level.OR : level.AND) + 1;
        return node.operands.map((operand) => this.operand(operand, min)).join(` ${node.op} `);
      }
      case 'between': case 'inList': case 'inQuery': case 'like': case 'is': case 'isDistinct': case 'isJson': case 'quantifiedQuery': case 'quantifiedArray': return this.#predicate(node);
      case 'exists': return `EXISTS (${this.query(node.query)})`;
      case 'subquery': return `(${this.query(node.query)})`;
      case 'cast': return `${node.safe ? 'TRY_CAST' : 'CAST'}(${this.expression(node.operand)} AS ${this.type(node.type)})`;
      case 'row': return `${node.explicit ? 'ROW' : ''}(${this.list(node.items)})`;
      case 'array': return `${node.collection}[${this.list(node.items)}]`;
      case 'map': return `MAP[${this.list(node.items)}]`;
      case 'collectionQuery': return `${node.collection}(${this.query(node.query)})`;
      case 'index': return `${this.#carrier(node.operand)}[${this.expression(node.index)}]`;
      case 'slice': return `${this.#carrier(node.operand)}[${node.from === undefined ? '' : this.expression(node.from)}:${node.to === undefined ? '' : this.expression(node.to)}]`;
      case 'field': return `${node.operand.kind === 'column' ? `(${this.path(node.operand.parts)})` : this.#carrier(node.operand)}.${this.word(node.field)}`;
      case 'atTimeZone': return `${this.operand(node.operand, level.AT)} AT TIME ZONE ${this.operand(node.zone, level.AT + 1)}`;
      case 'collate': return `${this.operand(node.operand, level.COLLATE)} COLLATE ${this.qualified(node.collation)}`;
      case 'case': return this.#case(node);
      case 'call': return this.call(node);
      case 'extract': case 'trim': case 'roundToUnit': case 'timestampFunction': case 'jsonExists': case 'jsonValue': case 'jsonQuery': case 'jsonObject': case 'jsonArray': return this.#special(node);
      default: return assertNever(node);
    }
  }
  list(items: readonly Expression[]): string { return items.map((item) => this.expression(item)).join(', '); }
  operand(node: Expression, min: number): string {
    const text = this.expression(node);
    return level.levelOf(node) >= min ? text : `(${text})`;
  }
  #carrier(node: Expression): string {
    const text = this.expression(node);
    return node.kind === 'column' || SELF_CONTAINED.has(node.kind) || (node.kind === 'call' && node.over === undefined && !node.bare) ? text : `(${text})`;
  }
  /** Two minus signs in a row would start a comment. */
  #unary(op: string, operand: Expression): string {
    if (op === 'NOT') return `NOT ${this.operand(operand, level.NOT)}`;
    const text = this.operand(operand, level.UNARY);
    return text.startsWith('-') || text.startsWith('+') ? `${op} ${text}` : `${op}${text}`;
  }
  #binary(node: Binary): string {
    const own = level.levelOf(node);
    return `${this.operand(node.left, own)} ${node.op} ${this.operand(node.right, own + 1)}`;
  }

  #predicate(node: Extract<Expression, { kind: 'between' | 'inList' | 'inQuery' | 'like' | 'is' | 'isDistinct' | 'isJson' | 'quantifiedQuery' | 'quantifiedArray' }>): string {
    const not = 'negated' in node && node.negated ? 'NOT ' : '';
    switch (node.kind) {
      case 'between': return `${this.operand(node.operand, level.RANGE)} ${not}BETWEEN ${node.symmetric ? 'SYMMETRIC ' : ''}${this.operand(node.low, level.OTHER)} AND ${this.operand(node.high, level.OTHER)}`;
      case 'inList': return `${this.operand(node.operand, level.RANGE)} ${not}IN (${this.list(node.list)})`;
      case 'inQuery': return `${this.operand(node.operand, level.RANGE)} ${not}IN (${this.query(node.query)})`;
      case 'like': return `${this.operand(node.operand, level.RANGE)} ${not}${node.op} ${this.operand(node.pattern, level.OTHER)}${node.escape === undefined ? '' : ` ESCAPE ${this.operand(node.escape, level.OTHER)}`}`;
      case 'is': return `${this.operand(node.operand, level.IS)} IS ${not}${node.test}`;
      case 'isDistinct': return `${this.operand(node.left, level.ADDITIVE)} IS ${not}DISTINCT FROM ${this.operand(node.right, level.ADDITIVE)}`;
      case 'isJson': return `${this.operand(node.operand, level.IS)} IS ${not}JSON ${node.what}`;
      case 'quantifiedQuery': return `${this.operand(node.left, level.COMPARISON)} ${node.op} ${node.quantifier} (${this.query(node.query)})`;
      case 'quantifiedArray': return `${this.operand(node.left, level.COMPARISON)} ${node.op} ${node.quantifier} (${this.list(node.items)})`;
      default: return assertNever(node);
    }
  }
  #case(node: Extract<Expression, { kind: 'case' }>): string {
    const branches = node.branches.map((branch) => ` WHEN ${this.list(branch.conditions)} THEN ${this.expression(branch.result)}`).join('');
    return `CASE${node.operand === undefined ? '' : ` ${this.expression(node.operand)}`}${branches}${node.otherwise === undefined ? '' : ` ELSE ${this.expression(node.otherwise)}`} END`;
  }

  // -------------------------------------------------------------------------------------------------------------- calls

  call(node: FunctionCall): string {
    const [first] = node.name.parts;
    if (first === undefined) return '';
    const single = node.name.parts.length === 1 && !first.quoted ? first.value.toUpperCase() : '';
    if (node.bare) return first.value;
    const name = single !== '' ? (NEVER_FUNCTIONS.has(single) ? quoteIdentifier(first.value) : this.word(first)) : this.path(node.name.parts);
    const separated = this.#separated(name, single, node.args);
    if (separated !== undefined) return separated;
    const inside = node.nulls !== undefined && node.over === undefined ? ` ${node.nulls}` : '', outside = node.nulls !== undefined && node.over !== undefined ? ` ${node.nulls}` : '';
    const order = node.orderBy.length === 0 ? '' : `${node.args.length === 0 ? '' : ' '}${this.orderBy(node.orderBy)}`;
    return `${name}(${node.quantifier === undefined ? '' : `${node.quantifier} `}${node.args.map((arg) => this.argument(arg)).join(', ')}${inside}${order})`
      + (node.withinGroup.length === 0 ? '' : ` WITHIN GROUP (${this.orderBy(node.withinGroup)})`) + this.#filter(node.filter) + outside
      + (node.over === undefined ? '' : ` OVER ${node.over.kind === 'identifier' ? this.name(node.over) : this.window(node.over)}`);
  }
  /** The standard's spelling of functions whose arguments have words between them. */
  #separated(name: string, single: string, args: readonly Argument[]): string | undefined {
    const words = single === 'POSITION' ? [' IN ', ' FROM '] : single === 'OVERLAY' ? [' PLACING ', ' FROM ', ' FOR '] : undefined;
    if (words === undefined || args.length < (single === 'POSITION' ? 2 : 3) || args.length > words.length + 1) return undefined;
    return `${name}(${args.map((arg, i) => (i === 0 ? this.operand(arg as Expression, single === 'POSITION' ? level.OTHER : 0) : `${words[i - 1]}${this.argument(arg)}`)).join('')})`;
  }
  #filter(filter: Expression | undefined): string { return filter === undefined ? '' : ` FILTER (WHERE ${this.expression(filter)})`; }

  argument(arg: Argument): string {
    switch (arg.kind) {
      case 'namedArgument': return `${this.word(arg.name)} => ${this.argument(arg.value)}`;
      case 'descriptor': return `DESCRIPTOR(${arg.columns.map((column) => `${this.name(column.name)}${column.type === undefined ? '' : ` ${this.type(column.type)}`}`).join(', ')})`;
      case 'tableArgument': {
        const source = arg.source.kind === 'name' ? `TABLE ${this.qualified(arg.source)}` : `(${this.query(arg.source)})`;
        const partition = arg.partitionBy.length === 0 ? '' : ` PARTITION BY (${this.list(arg.partitionBy)})`;
        return `${source}${this.hints(arg.hints)}${partition}${arg.orderBy.length === 0 ? '' : ` ORDER BY (${arg.orderBy.map((item) => this.sortItem(item)).join(', ')})`}`;
      }
      default: return this.expression(arg);
    }
  }

  orderBy(items: readonly SortItem[]): string { return `ORDER BY ${items.map((item) => this.sortItem(item)).join(', ')}`; }
  sortItem(item: SortItem): string { return `${this.expression(item.expression)}${item.descending ? ' DESC' : ''}${item.nulls === undefined ? '' : ` NULLS ${item.nulls}`}`; }
  window(spec: WindowSpec): string {
    const parts: string[] = [];
    if (spec.base !== undefined) parts.push(this.name(spec.base));
    if (spec.partitionBy.length > 0) parts.push(`PARTITION BY ${this.list(spec.partitionBy)}`);
    if (spec.orderBy.length > 0) parts.push(this.orderBy(spec.orderBy));
    if (spec.frame !== undefined) parts.push(this.#frame(spec.frame));
    return `(${parts.join(' ')})`;
  }
  #frame(frame: WindowFrame): string { return `${frame.unit} ${frame.to === undefined ? this.#bound(frame.from) : `BETWEEN ${this.#bound(frame.from)} AND ${this.#bound(frame.to)}`}`; }
  #bound(bound: FrameBound): string { return bound.kind === 'PRECEDING' || bound.kind === 'FOLLOWING' ? `${this.operand(bound.offset, level.OTHER)} ${bound.kind}` : bound.kind; }

  // -------------------------------------------------------------------------------------------------------------- functions with a syntax of their own

  #special(node: Extract<Expression, { kind: 'extract' | 'trim' | 'roundToUnit' | 'timestampFunction' | 'jsonExists' | 'jsonValue' | 'jsonQuery' | 'jsonObject' | 'jsonArray' }>): string {
    switch (node.kind) {
      case 'extract': return `EXTRACT(${node.unit} FROM ${this.expression(node.operand)})`;
      case 'trim':
        if (node.characters === undefined) return node.mode === 'BOTH' ? `TRIM(${this.expression(node.operand)})` : `TRIM(${node.mode} FROM ${this.expression(node.operand)})`;
        return `TRIM(${node.mode} ${this.expression(node.characters)} FROM ${this.expression(node.operand)})`;
      case 'roundToUnit': { // In parentheses, else FLOOR(INTERVAL '1' DAY TO HOUR) would take the unit for the interval's.
        const operand = this.expression(node.operand);
        return `${node.function}(${node.operand.kind === 'interval' || level.levelOf(node.operand) < level.PRIMARY ? `(${operand})` : operand} TO ${node.unit})`;
      }
      case 'timestampFunction': return `${node.function}(${node.unit}, ${this.expression(node.left)}, ${this.expression(node.right)})`;
      case 'jsonExists': return `JSON_EXISTS(${this.expression(node.input)}, ${this.expression(node.path)}${this.#behavior(node.onError, 'ERROR')})`;
      case 'jsonValue': case 'jsonQuery': {
        const returning = node.returning === undefined ? '' : ` RETURNING ${this.type(node.returning)}`;
        const wrapper = node.kind === 'jsonValue' || node.wrapper === undefined ? '' : ` ${node.wrapper === 'WITHOUT' ? 'WITHOUT ARRAY' : `WITH ${node.wrapper} ARRAY`} WRAPPER`;
        return `${node.kind === 'jsonValue' ? 'JSON_VALUE' : 'JSON_QUERY'}(${this.expression(node.input)}, ${this.expression(node.path)}${returning}${wrapper}${this.#behavior(node.onEmpty, 'EMPTY')}${this.#behavior(node.onError, 'ERROR')})`;
      }
      case 'jsonObject': {
        const entries = node.entries.map((entry) => `KEY ${this.expression(entry.key)} VALUE ${this.expression(entry.value)}`).join(', ');
        return `${node.aggregate ? 'JSON_OBJECTAGG' : 'JSON_OBJECT'}(${entries}${this.#onNull(node.onNull, entries === '')})${this.#filter(node.filter)}`;
      }
      case 'jsonArray': {
        const items = this.list(node.items), order = node.orderBy.length === 0 ? '' : ` ${this.orderBy(node.orderBy)}`;
        return `${node.aggregate ? 'JSON_ARRAYAGG' : 'JSON_ARRAY'}(${items}${order}${this.#onNull(node.onNull, items === '')})${this.#filter(node.filter)}`;
      }
      default: return assertNever(node);
    }
  }
  #behavior(behavior: JsonBehavior | undefined, on: string): string {
    if (behavior === undefined) return '';
    return ` ${behavior.kind === 'DEFAULT' ? `DEFAULT ${this.operand(behavior.value, level.OTHER)}` : behavior.kind} ON ${on}`;
  }
  #onNull(onNull: 'NULL' | 'ABSENT' | undefined, first: boolean): string { return onNull === undefined ? '' : `${first ? '' : ' '}${onNull} ON NULL`; }
}
