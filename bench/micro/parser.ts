/**
 * Statements per second of the SQL front end over the corpus of test/sql: parse, print, split; with node-sql-parser beside it over what that
 * accepts. Run: node bench/micro/parser.ts [passes]
 */
import { readFileSync } from 'node:fs';
import nodeSqlParser from 'node-sql-parser';
import { parseStatements, splitStatements } from '../../planner/sql/parser.ts';
import { printStatement } from '../../planner/sql/print.ts';
import { measure } from './measure.ts';

const corpus = (JSON.parse(readFileSync(new URL('../../test/sql/corpus.json', import.meta.url), 'utf8')) as { readonly category: string; readonly sql: string }[]).filter((c) => c.category !== 'invalid').map((c) => c.sql);
const rounds = Number(process.argv[2] ?? '200');

/** Passes over `texts` texts, after a warm-up; µs of CPU per text. */
function passes(name: string, texts: number, round: () => void, times = rounds): void {
  for (let i = 0; i < times / 4; i++) round();
  measure(`sql-parser: ${name}`, texts * times, () => { for (let i = 0; i < times; i++) round(); });
}

const trees = corpus.map((sql) => parseStatements(sql));
passes('parse', corpus.length, () => { for (const sql of corpus) parseStatements(sql); });
passes('print', corpus.length, () => { for (const tree of trees) for (const statement of tree) printStatement(statement); });
passes('split', corpus.length, () => { for (const sql of corpus) splitStatements(sql); });
const values = `INSERT INTO t VALUES ${Array.from({ length: 50_000 }, (_, i) => `(${i}, 'name ${i}', ${i}.5)`).join(', ')}`;
passes('parse one INSERT of 50,000 rows', 1, () => { parseStatements(values); }, 5);

const judge = new nodeSqlParser.Parser();
const accepted = corpus.filter((sql) => {
  try {
    judge.astify(sql, { database: 'flinksql' });
    return true;
  } catch {
    return false;
  }
});
passes(`node-sql-parser, the ${accepted.length} it accepts`, accepted.length, () => { for (const sql of accepted) judge.astify(sql, { database: 'flinksql' }); }, Math.ceil(rounds / 10));
passes('parse, the same statements', accepted.length, () => { for (const sql of accepted) parseStatements(sql); });
