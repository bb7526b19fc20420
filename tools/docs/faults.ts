/**
 * Writes docs/faults.md: every fault of `fault-list.ts` with the tests that show its outcome. A test covers the faults its title begins
 * with: `A3: …`, `A2, A3: …`, `A1–A7: …`. Run it after adding such a test: `node tools/docs/faults.ts`; a test compares.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULT_GROUPS, FAULTS } from './fault-list.ts';

export const FAULTS_PAGE = new URL('../../docs/faults.md', import.meta.url).pathname;
const TESTS = new URL('../../test/', import.meta.url).pathname;
/** Days of load, not a test. */
export const BY_HAND: ReadonlySet<string> = new Set(['G3']);

export interface FaultTest { readonly file: string; readonly title: string; readonly ids: readonly string[] }

const ID = '[A-G]\\d{1,2}', TITLE = new RegExp(`\\b(?:it|describe)\\(\\s*(['"\`])((?:${ID})(?:(?:, |–)${ID})*): (.*?)\\1\\s*,`, 'g');

/** `A1–A3, B1` → A1, A2, A3, B1. */
export function idsOf(text: string): string[] {
  return text.split(', ').flatMap((part) => {
    const [first = '', last = first] = part.split('–'), group = first.slice(0, 1), from = Number(first.slice(1)), to = Number(last.slice(1));
    return Array.from({ length: to - from + 1 }, (_, i) => `${group}${from + i}`);
  });
}
/** The tests that name faults, by file and place in it. */
export function faultTests(): readonly FaultTest[] {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.test.ts')).sort();
  return files.flatMap((file) => [...readFileSync(join(TESTS, file), 'utf8').matchAll(TITLE)].map(([, , ids = '', title = '']) => ({ file: `test/${file}`, title: title.replaceAll(/\$\{[^}]*\}/g, '…').replaceAll(/\\(.)/g, '$1'), ids: idsOf(ids) })));
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('${', '$\\{');

export function faultsPage(tests = faultTests()): string {
  const parts = [
    '# Faults and the tests that show their outcome', '',
    'Written by `node tools/docs/faults.ts` from `tools/docs/fault-list.ts` and the titles of the tests; not by hand. "Same result": the committed output equals that of the undisturbed run. What is promised and why: [exactly-once](exactly-once.md); what to do when: [operations](operations.md).',
  ];
  for (const [group, name] of Object.entries(FAULT_GROUPS)) {
    parts.push('', `## ${group}. ${name}`, '', '| | fault | outcome | shown by |', '|---|---|---|---|');
    for (const { id, fault, outcome } of FAULTS.filter((one) => one.id.startsWith(group))) {
      const shown = tests.filter(({ ids }) => ids.includes(id)).map(({ file, title }) => `[${file.slice('test/'.length, -'.test.ts'.length)}](../${file}): ${title}`);
      parts.push(`| ${id} | ${cell(fault)} | ${cell(outcome)} | ${shown.length === 0 ? (BY_HAND.has(id) ? 'by hand' : '**no test**') : shown.map(cell).join('<br>')} |`);
    }
  }
  return `${parts.join('\n')}\n`;
}

if (import.meta.main) writeFileSync(FAULTS_PAGE, faultsPage());
