/**
 * `node bench/table.ts [--commit HASH] [--mysql] [--write]`: the newest side-by-side results as a Markdown table; `--write` puts it between
 * the markers of README.md and docs/performance.md, so that no figure there is typed by hand. Without a commit: that of the newest result.
 * `--mysql`: those beside Debezium, for their own place in docs/performance.md, the newest of each case.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { comparedLines, markdown, newest, withTable } from './harness/markdown.ts';
import { BenchFailure } from './harness/server.ts';
import { copyLines, copyMarkdown, MYSQL_MARKERS, newestCopies } from './mysql/markdown.ts';

const PAGES = ['README.md', 'docs/performance.md'], MYSQL_PAGES = ['docs/performance.md'];

try {
  const { values } = parseArgs({ options: { commit: { type: 'string' }, mysql: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } } });
  const text = values.mysql ? copyMarkdown(newestCopies(copyLines())) : markdown(newest(comparedLines(), values.commit));
  if (values.write) {
    for (const page of values.mysql ? MYSQL_PAGES : PAGES) {
      const path = join(import.meta.dirname, '..', page);
      writeFileSync(path, withTable(readFileSync(path, 'utf8'), text, page, ...(values.mysql ? MYSQL_MARKERS : [])));
    }
  } else process.stdout.write(text);
} catch (error) {
  if (!(error instanceof BenchFailure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
