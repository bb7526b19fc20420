/** Verdicts over the corpus: 330 statements of which a real Flink parser said whether it takes them, with what PostgreSQL clients and Alibaba's dialect add. */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { parseStatements, splitStatements } from '../../planner/sql/parser.ts';
import { printStatement } from '../../planner/sql/print.ts';
import { bare, Chance, corpus } from './tree.ts';

describe('SQL parser over the corpus', () => {
  it('takes what Flink takes, and Alibaba\'s and PostgreSQL\'s statements', () => {
    const refused: string[] = [];
    for (const { id, category, sql, flinkValid } of corpus) {
      if (category === 'invalid') continue;
      try {
        expect(parseStatements(sql)).to.have.length.greaterThan(0);
      } catch (error) {
        refused.push(`${id}${flinkValid ? ' (valid in Flink)' : ''}: ${String(error)}`);
      }
    }
    expect(refused).to.deep.equal([]);
    expect(corpus).to.have.length(330);
  });
  it('refuses what is invalid, with a syntax error at a place', () => {
    for (const { id, category, sql } of corpus) {
      if (category !== 'invalid') continue;
      const error = refusal(sql);
      expect(error, id).to.be.instanceOf(RivuletError);
      expect([error?.sqlstate, error?.domain], id).to.deep.equal(['42601', 'user']);
      expect(error?.range, id).to.not.equal(undefined);
    }
  });
  it('gives every statement its range, and every node a range inside its parent\'s statement', () => {
    for (const { id, category, sql } of corpus) {
      if (category === 'invalid') continue;
      for (const statement of parseStatements(sql)) {
        const { start, end } = statement.range;
        expect(sql.slice(start, end), id).to.match(/^\S[^]*\S$/);
        expect(sql.slice(start, end).endsWith(';'), id).to.equal(false);
        walk(statement, (node) => {
          expect(node.range.start >= start && node.range.end <= end && node.range.start <= node.range.end, `${id} ${node.kind}`).to.equal(true);
        });
      }
    }
  });
  it('parses each part of a split script to the same statement', () => {
    for (const { id, category, sql } of corpus) {
      if (category === 'invalid') continue;
      const parts = splitStatements(sql).map(({ start, end }) => sql.slice(start, end));
      if (/EXECUTE STATEMENT SET|EXPLAIN STATEMENT SET/.test(sql)) continue;
      expect(parts.flatMap((part) => bare(parseStatements(part, { statementSets: 'stepwise' })) as unknown[]), id).to.deep.equal(bare(parseStatements(sql, { statementSets: 'stepwise' })));
    }
  });
  it('meets 5,000 damaged statements with a tree that prints or with an error at a place, never with a crash', () => {
    const pieces = corpus.flatMap(({ sql }) => words(sql));
    let taken = 0, refused = 0;
    for (let seed = 1; seed <= 5000; seed++) {
      const text = damaged(new Chance(seed), pieces), error = refusal(text);
      if (error === undefined) {
        const tree = parseStatements(text);
        expect(bare(parseStatements(tree.map(printStatement).join(';\n'))), `seed ${seed}: ${text}`).to.deep.equal(bare(tree));
        taken++;
      } else {
        expect(error, `seed ${seed}: ${text}`).to.be.instanceOf(RivuletError);
        expect(error.domain, `seed ${seed}: ${error.message}`).to.equal('user');
        const { start, end } = error.range ?? { start: -1, end: -1 };
        expect(start >= 0 && start <= end && end <= text.length, `seed ${seed}: ${start}-${end} of ${text}`).to.equal(true);
        refused++;
      }
    }
    expect(taken).to.be.greaterThan(500);
    expect(refused).to.be.greaterThan(2000);
  });
});

function refusal(sql: string): RivuletError | undefined {
  try {
    parseStatements(sql);
    return undefined;
  } catch (error) {
    return error as RivuletError;
  }
}
interface AnyNode { readonly kind: string; readonly range: { readonly start: number; readonly end: number } }
function walk(value: unknown, visit: (node: AnyNode) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if ('kind' in value && 'range' in value) visit(value as AnyNode);
  for (const child of Object.values(value)) walk(child, visit);
}
function words(sql: string): string[] { return sql.match(/\w+|\s+|'[^']*'|[^\w\s]/g) ?? []; }
/** A statement of the corpus with one to three words lost, doubled, replaced or put in. */
function damaged(chance: Chance, pieces: readonly string[]): string {
  const parts = words(chance.pick(corpus).sql);
  for (let k = 1 + chance.below(3); k > 0; k--) {
    const at = chance.below(parts.length + 1);
    switch (chance.below(4)) {
      case 0: parts.splice(at, 1 + chance.below(4)); break;
      case 1: parts.splice(at, 0, chance.pick(pieces)); break;
      case 2: parts.splice(at, 1, chance.pick(pieces)); break;
      default: parts.splice(at, 0, ...parts.slice(at, at + 3));
    }
  }
  return parts.join('');
}
