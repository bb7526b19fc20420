/**
 * The document of a pipeline: YAML read strictly. Every scalar is taken as the text that is written (so `28601-28604` and `010` are what
 * they look like), dotted keys are flat, unknown keys and blocks are refused with the nearest name. Source: Flink CDC "Data Pipeline";
 * Alibaba Cloud's samples, which have no `pipeline` block.
 *
 * `shown` is the text that may be kept: variables unfilled, literal values of secret keys masked.
 */
import type { Document as YamlDocument, Node, Pair, YAMLMap } from 'yaml';
import { isSecretKey, maskUrl } from '../../catalog/options/secrets.ts';
import { shownReferences } from '../../catalog/secrets/references.ts';
import { lineAndColumn, RivuletError, type SourceRange } from '../../core/errors/define.ts';
import { pipelineMissingKey, pipelineUnknownKey, pipelineUnreadable } from '../../core/errors/pipeline.ts';
import { ROUTE_KEYS, TRANSFORM_KEYS } from './options.ts';
import { checkUses, fillIn, markVariables, usesIn, type MarkedText, type VariableUse } from './variables.ts';

const BLOCKS = ['source', 'sink', 'route', 'transform', 'pipeline'] as const;
const MOST_BYTES = 1024 * 1024;
const CORE_TAG = /^tag:yaml\.org,2002:(map|seq|str|int|float|bool|null)$/;

export interface OptionValue { readonly text: string; readonly range: SourceRange }
export interface EndBlock { readonly type: OptionValue; readonly name: string | undefined; readonly options: ReadonlyMap<string, OptionValue>; readonly range: SourceRange }
/** A rule of `route` or `transform`: its keys as written. */
export type RuleEntry = ReadonlyMap<string, OptionValue>;
export interface PipelineDocument {
  readonly text: string;
  readonly source: EndBlock;
  readonly sink: EndBlock;
  readonly routes: readonly RuleEntry[];
  readonly transforms: readonly RuleEntry[];
  readonly settings: ReadonlyMap<string, OptionValue>;
  readonly shown: string;
  /** Variables whose values must not be shown: used in secret keys, or named like one. */
  readonly secretVariables: ReadonlySet<string>;
}

/** Throws pipeline-unreadable, pipeline-unknown-key, pipeline-missing-key, pipeline-variables-missing; ranges point into `text`. */
export async function readDocument(text: string, variables: ReadonlyMap<string, string>): Promise<PipelineDocument> {
  if (text.length > MOST_BYTES) throw pipelineUnreadable({ what: `it has more than ${MOST_BYTES} characters`, line: 1, column: 1 });
  return new Reader(text, markVariables(text), variables, await import('yaml')).read();
}

class Reader {
  private readonly text: string;
  private readonly marked: MarkedText;
  private readonly variables: ReadonlyMap<string, string>;
  private readonly yaml: typeof import('yaml');
  private readonly uses: VariableUse[] = [];
  private readonly secrets: SourceRange[] = [];
  private readonly secretNames = new Set<string>();
  constructor(text: string, marked: MarkedText, variables: ReadonlyMap<string, string>, yaml: typeof import('yaml')) {
    this.text = text;
    this.marked = marked;
    this.variables = variables;
    this.yaml = yaml;
  }
  private place(offset: number): { line: number; column: number } { return lineAndColumn(this.text, offset); }
  private unreadable(what: string, offset: number, hint?: string): RivuletError {
    return pipelineUnreadable({ what, hint, ...this.place(offset) }, { range: { start: offset, end: offset + 1 } });
  }
  private unknown(what: string, key: string, known: readonly string[], range: SourceRange): RivuletError { return pipelineUnknownKey({ what, key, known, ...this.place(range.start) }, { range }); }

  read(): PipelineDocument {
    const root = this.parse();
    const blocks = new Map<string, { node: Node | null; range: SourceRange }>();
    for (const pair of root.items) {
      const key = this.key(pair, root);
      if (!(BLOCKS as readonly string[]).includes(key.text)) throw this.unknown('block', key.text, BLOCKS, key.range);
      if (blocks.has(key.text)) throw this.unreadable(`${key.text} is given twice`, key.range.start);
      blocks.set(key.text, { node: pair.value as Node | null, range: key.range });
    }
    const document = {
      text: this.text, source: this.end('source', blocks.get('source')), sink: this.end('sink', blocks.get('sink')),
      routes: this.rules('route', blocks.get('route'), ROUTE_KEYS), transforms: this.rules('transform', blocks.get('transform'), TRANSFORM_KEYS),
      settings: this.settings(blocks.get('pipeline')),
    };
    checkUses(this.text, this.uses, this.variables);
    for (const { name } of this.uses) if (isSecretKey(name)) this.secretNames.add(name);
    return { ...document, shown: this.shown(), secretVariables: this.secretNames };
  }
  private parse(): YAMLMap {
    // Repeated keys are looked for below: the library's own search takes quadratic time.
    const documents = this.yaml.parseAllDocuments(this.marked.text, { schema: 'core', uniqueKeys: false, merge: false, prettyErrors: false, strict: true });
    const list = (Array.isArray(documents) ? documents : []) as YamlDocument[];
    for (const document of list) for (const problem of [...document.errors, ...document.warnings]) throw this.unreadable(lowerFirst(problem.message.split('\n')[0] ?? 'not YAML'), problem.pos[0], 'Values with special characters go in quotes.');
    const [document, second] = list;
    if (second !== undefined) throw this.unreadable('there are several documents', second.range?.[0] ?? 0, 'One pipeline, one document: leave out the line with ---.');
    if (document === undefined || document.contents === null) throw this.unreadable('it is empty', 0, 'A pipeline has at least the blocks source and sink.');
    this.yaml.visit(document, {
      Alias: (_key, node) => { throw this.unreadable('aliases are not supported', node.range?.[0] ?? 0); },
      Node: (_key, node) => { if ((node as { anchor?: string }).anchor !== undefined || !CORE_TAG.test((node as { tag?: string }).tag ?? 'tag:yaml.org,2002:str')) throw this.unreadable('anchors and tags are not supported', node.range?.[0] ?? 0); return undefined; },
    });
    if (!this.yaml.isMap(document.contents)) throw this.unreadable('it must be keys with values', document.contents.range?.[0] ?? 0, 'A pipeline has at least the blocks source and sink.');
    return document.contents as YAMLMap;
  }

  private key(pair: Pair, within: YAMLMap): OptionValue {
    if (!this.yaml.isScalar(pair.key)) throw this.unreadable('a key must be a text', within.range?.[0] ?? 0);
    return this.scalar(pair.key);
  }
  /** The text of a scalar with its variables filled in. */
  private scalar(node: Node): OptionValue {
    const range = rangeOf(node);
    if (!this.yaml.isScalar(node)) throw this.unreadable('one value is expected here', range.start, 'Dotted keys are flat: write properties.bootstrap.servers: host:9092, not nested.');
    // A plain scalar counts as it is written, whatever YAML takes it for.
    const raw = node.type === 'PLAIN' ? node.source ?? '' : String(node.value ?? '');
    this.uses.push(...usesIn(raw, this.marked));
    return { text: fillIn(raw, this.marked, this.variables), range };
  }
  /** A scalar, or a list of them joined by commas. */
  private value(node: Node | null, key: OptionValue): OptionValue {
    if (node === null) return { text: '', range: key.range };
    const used = this.uses.length;
    const value = this.yaml.isSeq(node) ? { text: node.items.map((item) => this.scalar(item as Node).text).join(','), range: rangeOf(node) } : this.scalar(node);
    if (isSecretKey(key.text)) {
      this.secrets.push(value.range);
      for (const use of this.uses.slice(used)) this.secretNames.add(use.name);
    }
    return value;
  }
  private map(what: string, node: Node | null | undefined, at: SourceRange): Map<string, OptionValue> {
    if (node === null || node === undefined) return new Map();
    if (!this.yaml.isMap(node)) throw this.unreadable(`${what} must be keys with values`, node.range?.[0] ?? at.start);
    const out = new Map<string, OptionValue>();
    for (const pair of node.items) {
      const key = this.key(pair as Pair, node as YAMLMap);
      if (out.has(key.text)) throw this.unreadable(`${key.text} is given twice`, key.range.start);
      out.set(key.text, this.value(pair.value as Node | null, key));
    }
    return out;
  }
  private end(role: 'source' | 'sink', block: { node: Node | null; range: SourceRange } | undefined): EndBlock {
    if (block === undefined) throw pipelineMissingKey({ where: 'a pipeline', key: role, line: 1, column: 1 });
    const all = this.map(`the block ${role}`, block.node, block.range), type = all.get('type');
    if (type === undefined || type.text === '') throw pipelineMissingKey({ where: `the block ${role}`, key: 'type', ...this.place(block.range.start) }, { range: block.range });
    return { type, name: all.get('name')?.text, options: new Map([...all].filter(([k]) => k !== 'type' && k !== 'name')), range: block.range };
  }
  private rules(what: 'route' | 'transform', block: { node: Node | null; range: SourceRange } | undefined, known: readonly string[]): RuleEntry[] {
    if (block?.node === undefined || block.node === null) return [];
    if (!this.yaml.isSeq(block.node)) throw this.unreadable(`the block ${what} must be a list`, block.node.range?.[0] ?? block.range.start, `Write "- source-table: …" below ${what}:.`);
    return block.node.items.map((item) => {
      const rule = this.map(`a rule of ${what}`, item as Node, block.range), at = rangeOf(item as Node);
      for (const [key, value] of rule) if (!known.includes(key)) throw this.unknown(`key of a ${what} rule`, key, known, value.range);
      for (const key of what === 'route' ? ['source-table', 'sink-table'] : ['source-table']) if ((rule.get(key)?.text ?? '') === '') throw pipelineMissingKey({ where: `a rule of ${what}`, key, ...this.place(at.start) }, { range: at });
      return rule;
    });
  }
  private settings(block: { node: Node | null; range: SourceRange } | undefined): Map<string, OptionValue> {
    if (block !== undefined && this.yaml.isMap(block.node)) for (const pair of block.node.items) if (String(pair.key) === 'user-defined-function' || String(pair.key) === 'model') throw this.unreadable(`${String(pair.key)} of the pipeline block is not supported`, block.range.start);
    return this.map('the block pipeline', block?.node, block?.range ?? { start: 0, end: 0 });
  }
  /** Secret scalars keep only their variables and references. */
  private shown(): string {
    let out = '', done = 0;
    for (const { start, end } of this.secrets.sort((a, b) => a.start - b.start)) {
      const written = this.text.slice(start, end);
      if (start < done || /^(["']?)#\{[^}\n]*\}\1$/.test(written) || written === '') continue;
      out += this.text.slice(done, start) + (shownReferences(written, '******') ?? '******');
      done = end;
    }
    return maskUrl(out + this.text.slice(done));
  }
}
/** Without the comment and line end behind it. */
const rangeOf = (node: Node): SourceRange => ({ start: node.range?.[0] ?? 0, end: node.range?.[1] ?? 0 });
const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
