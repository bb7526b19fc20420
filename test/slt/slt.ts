/**
 * Reads, runs and rewrites `.slt` files: SQL questions and their answers (the form is in test/README.md). Every question goes through a
 * session of the whole engine, planner, worker threads and all; only Kafka is not there.
 */
import { fail } from 'node:assert/strict';
import { RivuletError } from '../../core/errors/define.ts';
import { textPrinter } from '../../core/types/print-value.ts';
import { typeText } from '../../core/types/sql-type.ts';
import type { EngineGateway } from '../../server/gateway/gateway.ts';
import type { Session } from '../../server/gateway/contract.ts';

/** One question: where it stands, what is sent, how the answer is written, and the lines that hold the answer. */
export interface Question {
  /** First line of the answer in the file, from 0, and the line after its last. */
  readonly from: number; readonly to: number;
  readonly sql: string;
  readonly expected: readonly string[];
  readonly form: 'rows' | 'sorted rows' | 'eval' | 'statement';
  /** Line of the question, from 1. */
  readonly line: number;
}
const ARROW = ' => ';

export function readQuestions(text: string): Question[] {
  const lines = text.split('\n'), questions: Question[] = [];
  for (let i = 0; i < lines.length; i++) {
    const head = lines[i]!.trim(), line = i + 1;
    if (head === '' || head.startsWith('#')) continue;
    if (head === 'eval' || head.startsWith('eval ')) {
      const rest = head.slice(4);
      for (i++; i < lines.length && lines[i]!.trim() !== ''; i++) {
        const one = lines[i]!, at = one.lastIndexOf(ARROW.trimEnd());
        if (one.startsWith('#')) continue;
        const expression = at < 0 ? one : one.slice(0, at);
        questions.push({ from: i, to: i + 1, sql: `SELECT ${expression.trim()}${rest}`, expected: [at < 0 ? '' : one.slice(at + ARROW.trimEnd().length).trim()], form: 'eval', line: i + 1 });
      }
      continue;
    }
    const form = head === 'query' ? 'rows' : head === 'query sorted' ? 'sorted rows' : head === 'statement' ? 'statement' : fail(`line ${line}: query, query sorted, statement or eval, not: ${head}`);
    const sql: string[] = [];
    for (i++; i < lines.length && lines[i] !== '----' && lines[i]!.trim() !== ''; i++) sql.push(lines[i]!);
    const from = i;
    while (i < lines.length && lines[i]!.trim() !== '') i++;
    questions.push({ from, to: i, sql: sql.join('\n'), expected: lines.slice(from + 1, i), form, line });
  }
  return questions;
}

const SHOWN: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\0': '\\0' };
const shown = (text: string): string => (text === '' ? '(empty)' : text.replaceAll(/[\n\t\r\0]/g, (c) => SHOWN[c]!).replaceAll(/^ +| +$/g, (blanks) => '·'.repeat(blanks.length)));

/** The answer as the file has it: names and types, then rows; for `eval` the value alone; for errors `! <SQLSTATE> <message>`. */
export async function answer(session: Session, question: Question): Promise<string[]> {
  try {
    const lines: string[] = [];
    for await (const result of session.execute(question.sql, { signal: AbortSignal.timeout(15_000) })) {
      if (result.kind !== 'rows') continue;
      const printers = result.columns.map((c) => textPrinter(c.type, 'UTC')), rows: string[] = [];
      for await (const chunk of result.chunks) for (const row of chunk.rows) rows.push(row.map((v, c) => (v === null || v === undefined ? 'NULL' : shown(printers[c]!(v)))).join('  '));
      if (question.form === 'sorted rows') rows.sort();
      if (question.form === 'rows' || question.form === 'sorted rows') lines.push(result.columns.map((c) => `${c.name} ${typeText(c.type)}`).join(', '));
      if (question.form === 'eval') lines.push(rows.join(' / '));
      else if (question.form !== 'statement') lines.push(...rows);
    }
    return question.form === 'statement' ? ['ok'] : lines;
  } catch (error) {
    if (!(error instanceof RivuletError)) throw error;
    return [`! ${error.sqlstate} ${shown(error.message)}`];
  }
}
/** True when the answer is as written. A written error may hold `…` for any text. */
export function isAsWritten(actual: readonly string[], expected: readonly string[]): boolean {
  if (actual.length !== expected.length) return false;
  return actual.every((line, i) => {
    const want = expected[i]!.trimEnd();
    if (!want.startsWith('!') || !want.includes('…')) return line === want;
    const parts = want.split('…');
    let at = 0;
    for (const [n, part] of parts.entries()) {
      const found = n === 0 ? (line.startsWith(part) ? 0 : -1) : n === parts.length - 1 && part !== '' ? (line.endsWith(part) ? Math.max(line.length - part.length, at) : -1) : line.indexOf(part, at);
      if (found < at) return false;
      at = found + part.length;
    }
    return true;
  });
}
/** The file with these answers in it. */
export function rewritten(text: string, questions: readonly Question[], answers: readonly (readonly string[])[]): string {
  const lines = text.split('\n'), result: string[] = [];
  let at = 0;
  questions.forEach((q, n) => {
    result.push(...lines.slice(at, q.from));
    const written = isAsWritten(answers[n]!, q.expected) ? q.expected : answers[n]!;
    if (q.form === 'eval') { const one = lines[q.from]!, arrow = one.lastIndexOf(ARROW.trimEnd()); result.push(`${(arrow < 0 ? one : one.slice(0, arrow)).trimEnd().padEnd(58)}${ARROW}${written.join('')}`); }
    else result.push('----', ...written);
    at = q.to;
  });
  return [...result, ...lines.slice(at)].join('\n');
}
export const openSession = (gateway: EngineGateway): Session => gateway.openSession({ protocol: 'http', principal: { name: 'test', via: 'trust' } });
