/** Syntax tree → text: queries and table references. */
import { assertNever } from '../../core/errors/common.ts';
import type { GroupItem, Join, MatchPattern, MatchRecognize, MatchSkip, PatternQuantifier, Query, QueryBody, Select, SetOperation, TableAlias, TableReference } from './ast.ts';
import { ExpressionPrinter } from './print-expression.ts';

export class QueryPrinter extends ExpressionPrinter {
  query(query: Query): string {
    let text = '';
    if (query.with !== undefined) {
      const items = query.with.items.map((item) => `${this.name(item.name)}${item.columns.length === 0 ? '' : ` ${this.names(item.columns)}`} AS (${this.query(item.query)})`);
      text = `WITH ${query.with.recursive ? 'RECURSIVE ' : ''}${items.join(', ')} `;
    }
    text += this.#body(query.body);
    if (query.orderBy.length > 0) text += ` ${this.orderBy(query.orderBy)}`;
    if (query.limit !== undefined) text += ` LIMIT ${this.expression(query.limit)}`;
    if (query.offset !== undefined) text += ` OFFSET ${this.expression(query.offset)}`;
    return text;
  }
  #body(body: QueryBody): string {
    switch (body.kind) {
      case 'select': return this.#select(body);
      case 'values': return `VALUES ${body.rows.map((row) => (row.kind === 'row' ? this.expression(row) : `(${this.expression(row)})`)).join(', ')}`;
      case 'explicitTable': return `TABLE ${this.qualified(body.name)}`;
      case 'setOperation': return body.operands.map((operand, i) => this.#setOperand(body, operand, i === 0)).join(` ${body.op}${body.all ? ' ALL' : ''} `);
      case 'query': return `(${this.query(body)})`;
      default: return assertNever(body);
    }
  }

  /** INTERSECT binds tighter than the others; a different operator in front needs no parentheses, the same one would melt into the chain. */
  #setOperand(parent: SetOperation, operand: QueryBody, first: boolean): string {
    const text = this.#body(operand);
    if (operand.kind !== 'setOperation') return text;
    const tighter = operand.op === 'INTERSECT' && parent.op !== 'INTERSECT', sameLevel = (operand.op === 'INTERSECT') === (parent.op === 'INTERSECT'), same = operand.op === parent.op && operand.all === parent.all;
    return tighter || (first && sameLevel && !same) ? text : `(${text})`;
  }

  #select(select: Select): string {
    const items = select.items.map((item) => `${this.expression(item.expression)}${item.alias === undefined ? '' : ` AS ${this.name(item.alias)}`}`).join(', ');
    let text = `SELECT${this.hints(select.hints)}${select.distinct ? ' DISTINCT' : ''} ${items}`;
    if (select.from.length > 0) text += ` FROM ${select.from.map((table) => this.table(table)).join(', ')}`;
    if (select.where !== undefined) text += ` WHERE ${this.expression(select.where)}`;
    if (select.groupBy !== undefined) text += ` GROUP BY ${select.groupBy.distinct ? 'DISTINCT ' : ''}${select.groupBy.items.map((item) => this.#groupItem(item)).join(', ')}`;
    if (select.having !== undefined) text += ` HAVING ${this.expression(select.having)}`;
    if (select.windows.length > 0) text += ` WINDOW ${select.windows.map((w) => `${this.name(w.name)} AS ${this.window(w.spec)}`).join(', ')}`;
    if (select.qualify !== undefined) text += ` QUALIFY ${this.expression(select.qualify)}`;
    return text;
  }
  #groupItem(item: GroupItem): string {
    switch (item.kind) {
      case 'groupingSets': return `${item.form} (${item.sets.map((set) => this.#groupItem(set)).join(', ')})`;
      case 'emptyGroupingSet': return '()';
      default: return this.expression(item);
    }
  }

  // -------------------------------------------------------------------------------------------------------------- tables

  table(table: TableReference): string {
    switch (table.kind) {
      case 'namedTable': return `${this.qualified(table.name)}${this.hints(table.hints)}${table.asOf === undefined ? '' : ` FOR SYSTEM_TIME AS OF ${this.expression(table.asOf)}`}${this.#alias(table.alias)}`;
      case 'derivedTable': return `${table.lateral ? 'LATERAL ' : ''}(${this.query(table.query)})${this.hints(table.hints)}${this.#alias(table.alias)}`;
      case 'tableFunction': return `${table.lateral ? 'LATERAL ' : ''}${table.wrapped ? `TABLE(${this.call(table.call)})` : this.call(table.call)}${table.ordinality ? ' WITH ORDINALITY' : ''}${this.hints(table.hints)}${this.#alias(table.alias)}`;
      case 'unnest': return `${table.lateral ? 'LATERAL ' : ''}UNNEST(${this.list(table.operands)})${table.ordinality ? ' WITH ORDINALITY' : ''}${this.#alias(table.alias)}`;
      case 'join': return this.#join(table);
      case 'matchRecognize': return this.#match(table);
      default: return assertNever(table);
    }
  }
  #alias(alias: TableAlias | undefined): string { return alias === undefined ? '' : ` AS ${this.name(alias.name)}${alias.columns.length === 0 ? '' : ` ${this.names(alias.columns)}`}`; }
  #join(join: Join): string {
    const type = join.type === 'INNER' ? 'JOIN' : `${join.type} JOIN`, right = join.right.kind === 'join' ? `(${this.table(join.right)})` : this.table(join.right);
    const condition = join.on !== undefined ? ` ON ${this.expression(join.on)}` : join.using.length > 0 ? ` USING ${this.names(join.using)}` : '';
    return `${this.table(join.left)} ${join.natural ? 'NATURAL ' : ''}${type} ${right}${condition}`;
  }

  #match(match: MatchRecognize): string {
    const parts: string[] = [];
    if (match.partitionBy.length > 0) parts.push(`PARTITION BY ${this.list(match.partitionBy)}`);
    if (match.orderBy.length > 0) parts.push(this.orderBy(match.orderBy));
    if (match.measures.length > 0) parts.push(`MEASURES ${match.measures.map((m) => `${m.mode === undefined ? '' : `${m.mode} `}${this.expression(m.expression)} AS ${this.name(m.alias)}`).join(', ')}`);
    if (match.rowsPerMatch !== undefined) parts.push(match.rowsPerMatch === 'ONE' ? 'ONE ROW PER MATCH' : 'ALL ROWS PER MATCH');
    if (match.skip !== undefined) parts.push(`AFTER MATCH SKIP ${this.#skip(match.skip)}`);
    parts.push(`PATTERN (${match.strictStart ? '^ ' : ''}${this.#pattern(match.pattern, true)}${match.strictEnd ? ' $' : ''})`);
    if (match.within !== undefined) parts.push(`WITHIN ${this.expression(match.within)}`);
    if (match.subsets.length > 0) parts.push(`SUBSET ${match.subsets.map((s) => `${this.name(s.name)} = ${this.names(s.variables)}`).join(', ')}`);
    parts.push(`DEFINE ${match.define.map((d) => `${this.name(d.name)} AS ${this.expression(d.condition)}`).join(', ')}`);
    const input = match.input.kind === 'join' ? `(${this.table(match.input)})` : this.table(match.input);
    return `${input} MATCH_RECOGNIZE (${parts.join(' ')})${this.#alias(match.alias)}`;
  }
  #skip(skip: MatchSkip): string { return 'variable' in skip ? `${skip.kind} ${this.name(skip.variable)}` : skip.kind; }
  #pattern(pattern: MatchPattern, outermost: boolean): string {
    const quantifier = this.#quantifier(pattern.quantifier);
    switch (pattern.kind) {
      case 'patternVariable': return this.name(pattern.name) + quantifier;
      case 'patternPermute': return `PERMUTE(${pattern.items.map((item) => this.#pattern(item, false)).join(', ')})${quantifier}`;
      case 'patternExclusion': return `{- ${this.#pattern(pattern.pattern, true)} -}${quantifier}`;
      case 'patternGroup': {
        const text = pattern.alternatives.map((sequence) => sequence.map((item) => this.#pattern(item, false)).join(' ')).join(' | ');
        return outermost ? text : `(${text})${quantifier}`;
      }
      default: return assertNever(pattern);
    }
  }
  #quantifier({ min, max, reluctant }: PatternQuantifier): string {
    const lazy = reluctant ? '?' : '';
    if (min === 1 && max === 1 && !reluctant) return '';
    if (max === undefined) return `${min === 0 ? '*' : min === 1 ? '+' : `{${min},}`}${lazy}`;
    if (min === 0 && max === 1) return `?${lazy}`;
    return `${min === max ? `{${min}}` : `{${min},${max}}`}${lazy}`;
  }
}
