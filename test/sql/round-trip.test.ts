/** parse ∘ print is the identity on syntax trees, over the corpus and over random trees; the seed of a failure is in the test's name. */
import { expect } from 'chai';
import { parseExpression, parseStatement, parseStatements, parseType } from '../../planner/sql/parser.ts';
import { printExpression, printStatement, printType } from '../../planner/sql/print.ts';
import { RandomTree } from './random-ast.ts';
import { bare, Chance, corpus } from './tree.ts';

describe('SQL printer', () => {
  it('gives back every statement of the corpus', () => {
    let count = 0;
    for (const { id, category, sql } of corpus) {
      if (category === 'invalid') continue;
      const tree = parseStatements(sql), text = tree.map(printStatement).join(';\n');
      expect(bare(parseStatements(text)), `${id}: ${text}`).to.deep.equal(bare(tree));
      expect(parseStatements(text).map(printStatement).join(';\n'), id).to.equal(text);
      count++;
    }
    expect(count).to.equal(316);
  });
  it('gives back 600 random expressions', () => {
    for (let seed = 1; seed <= 600; seed++) {
      const tree = new RandomTree(new Chance(seed)).expression(1 + (seed % 5)), text = printExpression(tree);
      expect(difference(bare(tree), read(() => parseExpression(text), seed, text)), `seed ${seed}: ${text}`).to.equal(undefined);
    }
  });
  it('gives back 300 random statements', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const tree = new RandomTree(new Chance(seed)).statement(), text = printStatement(tree);
      expect(difference(bare(tree), read(() => parseStatement(text), seed, text)), `seed ${seed}: ${text}`).to.equal(undefined);
    }
  });
  it('gives back 200 random types', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const tree = new RandomTree(new Chance(seed)).type(4), text = printType(tree);
      expect(difference(bare(tree), read(() => parseType(text), seed, text)), `seed ${seed}: ${text}`).to.equal(undefined);
    }
  });
  it('quotes a name that somebody built without quotes and that needs them', () => {
    const column = (value: string) => printExpression({ kind: 'column', parts: [{ kind: 'identifier', value, quoted: false, range: { start: 0, end: 0 } }], range: { start: 0, end: 0 } });
    expect(['a', 'order', 'a b', 'a`b', '1a', 'comment', ''].map(column)).to.deep.equal(['a', '`order`', '`a b`', '`a``b`', '`1a`', 'comment', '``']);
  });
});

/** Where two trees first differ, for messages; undefined if they do not. */
function difference(a: unknown, b: unknown, path = ''): string | undefined {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b) ? undefined : `${path}: ${JSON.stringify(a)} became ${JSON.stringify(b)}`;
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = difference((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
function read(parse: () => unknown, seed: number, text: string): unknown {
  try {
    return bare(parse());
  } catch (error) {
    return expect.fail(`seed ${seed}: ${text}\n${String(error)}`);
  }
}
