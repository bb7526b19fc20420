/** Pages that are generated are up to date, and links between pages lead somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import { FAULTS } from '../../tools/docs/fault-list.ts';
import { BY_HAND, FAULTS_PAGE, faultsPage, faultTests, idsOf } from '../../tools/docs/faults.ts';
import { OPTIONS_PAGE, optionsPage } from '../../tools/docs/options.ts';

const root = new URL('../../', import.meta.url).pathname;

describe('docs', () => {
  it('the page of options is what the option cards say (node tools/docs/options.ts writes it)', () => {
    expect(readFileSync(OPTIONS_PAGE, 'utf8')).to.equal(optionsPage());
  });
  it('the page of faults is what the titles of the tests say (node tools/docs/faults.ts writes it), and every fault has a test', () => {
    const tests = faultTests(), known = new Set(FAULTS.map((fault) => fault.id));
    expect(tests.filter(({ ids }) => ids.some((id) => !known.has(id)))).to.deep.equal([]);
    expect(FAULTS.filter(({ id }) => !BY_HAND.has(id) && !tests.some(({ ids }) => ids.includes(id))).map(({ id }) => id)).to.deep.equal([]);
    expect(readFileSync(FAULTS_PAGE, 'utf8')).to.equal(faultsPage());
    expect(idsOf('A9–A11, B3')).to.deep.equal(['A9', 'A10', 'A11', 'B3']);
  });
  it('links to files lead to files, links to sections to sections', () => {
    const pages = [join(root, 'README.md'), ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((p) => p.endsWith('.md')).map((p) => join(root, 'docs', p))];
    const anchor = (heading: string): string => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').trim().replaceAll(' ', '-');
    const broken: string[] = [];
    for (const page of pages) {
      const text = readFileSync(page, 'utf8').replaceAll(/```[\s\S]*?```/g, '');
      for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(link)) continue;
        const [path = '', section] = link.split('#'), target = path === '' ? page : resolve(dirname(page), path);
        if (!existsSync(target)) broken.push(`${page}: ${link}`);
        else if (section !== undefined && target.endsWith('.md') && ![...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].some((m) => anchor(m[1] ?? '') === section)) broken.push(`${page}: ${link}`);
      }
    }
    expect(broken).to.deep.equal([]);
  });
});
