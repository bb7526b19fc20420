/**
 * Every `.slt` file beside this one: each file in a session of its own, question by question, in order.
 * RIVULET_REFRESH=1 writes the answers into the files instead; read the diff.
 */
import { expect } from 'chai';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../core/ports/log.ts';
import { CatalogManager } from '../../catalog/objects/manager.ts';
import { memoryRecordStore } from '../../catalog/store/record-store.ts';
import { evaluateConstant } from '../../runtime/codegen/compile.ts';
import { connectorRegistry } from '../../runtime/connectors/index.ts';
import { formatRegistry } from '../../runtime/formats/index.ts';
import { SecretStore } from '../../catalog/secrets/store.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import type { JobManager } from '../../runtime/jobs/contract.ts';
import { startJobManager } from '../../runtime/jobs/manager.ts';
import { EngineGateway } from '../../server/gateway/gateway.ts';
import { systemClock } from '../../server/ports/clock.ts';
import { openAccess } from '../wire/access-support.ts';
import { answer, isAsWritten, openSession, readQuestions, rewritten } from './slt.ts';

describe('questions and answers', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'rivulet-slt-')), folder = new URL('.', import.meta.url);
  let jobs: JobManager, catalogs: CatalogManager, gateway: EngineGateway;
  before(async () => {
    catalogs = await CatalogManager.open(memoryRecordStore(), new Map());
    jobs = await startJobManager({ dataDir, parallelism: 1, log: silentLog, clock: systemClock });
    gateway = new EngineGateway({
      catalogs, secrets: await SecretStore.open(dataDir, undefined), functions: functionRegistry, connectors: connectorRegistry, formats: formatRegistry, jobs, ...openAccess, clock: systemClock, log: silentLog, version: 'test',
      defaults: new Map([['table.local-time-zone', 'UTC']]), evaluateConstant: (expr, env) => evaluateConstant(expr, { functions: functionRegistry, env }),
    });
  });
  after(async () => { await jobs.shutdown(); await catalogs.close(); rmSync(dataDir, { recursive: true }); });
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.slt')).sort()) {
    const path = new URL(file, folder), text = readFileSync(path, 'utf8'), questions = readQuestions(text);
    it(`${file}: ${/^# description: (.*)/.exec(text)?.[1] ?? 'no description'} (${questions.length} questions)`, async () => {
      const session = openSession(gateway), wrong: string[] = [], answers: string[][] = [];
      for (const question of questions) {
        const actual = await answer(session, question);
        answers.push(actual);
        if (!isAsWritten(actual, question.expected)) wrong.push(`${file}:${question.line}\n  ${question.sql}\n  written: ${question.expected.join('\n           ')}\n  answer:  ${actual.join('\n           ')}`);
      }
      await session.close();
      if (process.env['RIVULET_REFRESH'] === '1') { writeFileSync(path, rewritten(text, questions, answers)); return; }
      expect(questions.length, 'questions').to.be.above(0);
      if (wrong.length > 0) expect.fail(`${wrong.length} of ${questions.length} answers are not as written\n${wrong.join('\n')}`);
    });
  }
});
