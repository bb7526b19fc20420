/** `npm run test:model -- --seed S --runs N`: explores by hand; prints the first violation with its seed and what came before it. */
import { parseArgs } from 'node:util';
import { explore } from './run.ts';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, runs: { type: 'string', default: '10000' } } });
const first = Number(values.seed), runs = Number(values.runs), startedMs = performance.now();
const result = await explore(first, runs);
process.stdout.write(`${result.runs} runs from seed ${first}, ${result.steps} events, ${result.lost} ended with a lost transaction, ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
if (result.violation !== undefined) {
  process.stdout.write(`seed ${result.violation.seed}: ${result.violation.error.message}\nagain: npm run test:model -- --seed ${result.violation.seed} --runs 1\n`);
  process.exitCode = 1;
}
