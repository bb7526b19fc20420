/**
 * `print`: one line per change, `+I[1, Tom]`, in Flink's form (PrintSinkOutputWriter). Lines go to stdout or stderr, are kept per job,
 * and with 'logger'='true' (Alibaba) also go to the log. One subtask unless 'sink.parallelism' says otherwise (docs/semantics.md#print-parallelism).
 */
import { RETRACT, type Connector } from '../../../catalog/registry/connectors.ts';
import { parseBoolean, parseInteger } from '../../../catalog/options/options.ts';
import { KIND_TEXT, type ChangeBatch } from '../../../core/row/batch.ts';
import { valuePrinter, type ValuePrinter } from '../../../core/types/print-value.ts';
import type { SinkContext, SinkFactory, SinkWriter } from '../contract.ts';
import { checkOptions } from '../table-options.ts';

interface PrintSpec { readonly [key: string]: string | boolean | number; readonly identifier: string; readonly standardError: boolean; readonly logger: boolean; readonly parallelism: number }

export const printConnector: Connector = {
  identifier: 'print', description: 'Prints every change.',
  options: [
    { key: 'print-identifier', type: 'string', description: 'Text before each row.' },
    { key: 'standard-error', type: 'boolean', default: 'false', description: 'Print to stderr instead of stdout.' },
    { key: 'logger', type: 'boolean', default: 'false', description: 'Write to the log too, under PrintSinkOutputWriter (Alibaba).' },
    { key: 'sink.parallelism', type: 'int', default: '1', description: 'Subtasks; with more than one each line begins with the subtask.' },
  ],
  describeSink(table) {
    checkOptions(printConnector, table, []);
    const o = table.options, parallelism = parseInteger('sink.parallelism', o.get('sink.parallelism') ?? '1', 1, 1024);
    const spec: PrintSpec = { identifier: o.get('print-identifier') ?? '', standardError: parseBoolean('standard-error', o.get('standard-error') ?? 'false'), logger: parseBoolean('logger', o.get('logger') ?? 'false'), parallelism };
    return { changelogMode: RETRACT, metadata: new Map(), spec, parallelism };
  },
};

class PrintWriter implements SinkWriter {
  private readonly printers: readonly ValuePrinter[];
  private readonly prefix: string;
  private readonly context: SinkContext;
  private readonly to: { readonly stream: 'stdout' | 'stderr'; readonly logger: boolean };
  constructor(spec: PrintSpec, context: SinkContext) {
    this.context = context;
    this.printers = context.columns.map((c) => valuePrinter(c.type));
    const subtask = spec.parallelism > 1 && context.parallelism > 1 ? `${context.subtask + 1}` : '';
    const head = spec.identifier === '' || subtask === '' ? spec.identifier + subtask : `${spec.identifier}:${subtask}`;
    this.prefix = head === '' ? '' : `${head}> `;
    this.to = { stream: spec.standardError ? 'stderr' : 'stdout', logger: spec.logger };
  }
  open(): Promise<void> { return Promise.resolve(); }
  push(batch: ChangeBatch): void {
    for (let row = 0; row < batch.size; row++) {
      let line = `${this.prefix}${KIND_TEXT[batch.kindAt(row)]}[`;
      for (let c = 0; c < this.printers.length; c++) {
        const value = batch.columns[c]?.[row];
        line += `${c === 0 ? '' : ', '}${value === null || value === undefined ? 'null' : this.printers[c]?.(value) ?? ''}`;
      }
      this.context.print(`${line}]`, this.to);
    }
  }
  ready(): undefined { return undefined; }
  prepare(): Promise<null> { return Promise.resolve(null); }
  commit(): Promise<void> { return Promise.resolve(); }
  close(): Promise<void> { return Promise.resolve(); }
}
export const printSink: SinkFactory = { identifier: 'print', create: (node, context) => new PrintWriter(node.spec as unknown as PrintSpec, context) };
