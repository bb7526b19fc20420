/**
 * An exact JSON reader into a small tree: numbers keep their text, members keep their order, repeated members keep the last value,
 * and keys such as `__proto__` are data. For places where exactness beats speed (schema inference, slow paths); the hot path has
 * generated scanners. Never recurses deeper than `maxDepth`.
 */
export type JsonNode =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, JsonNode> };

export const MAX_JSON_DEPTH = 1000;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** undefined when the text is not one JSON value (malformed, trailing text, too deep). Raw control characters in strings are let through. */
export function readJson(text: string, maxDepth = MAX_JSON_DEPTH): JsonNode | undefined {
  const reader = new Reader(text, maxDepth);
  const value = reader.value(0);
  if (value === undefined) return undefined;
  reader.blanks();
  return reader.at === text.length ? value : undefined;
}

class Reader {
  at = 0;
  private readonly text: string;
  private readonly maxDepth: number;
  constructor(text: string, maxDepth: number) { this.text = text; this.maxDepth = maxDepth; }
  blanks(): void {
    for (let c = this.text.charCodeAt(this.at); c === 32 || c === 10 || c === 13 || c === 9; c = this.text.charCodeAt(++this.at));
  }
  value(depth: number): JsonNode | undefined {
    this.blanks();
    switch (this.text[this.at]) {
      case '{': return depth < this.maxDepth ? this.object(depth + 1) : undefined;
      case '[': return depth < this.maxDepth ? this.array(depth + 1) : undefined;
      case '"': { const value = this.string(); return value === undefined ? undefined : { kind: 'string', value }; }
      case 't': return this.word('true') ? { kind: 'boolean', value: true } : undefined;
      case 'f': return this.word('false') ? { kind: 'boolean', value: false } : undefined;
      case 'n': return this.word('null') ? { kind: 'null' } : undefined;
      default: return this.number();
    }
  }
  private word(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }
  private number(): JsonNode | undefined {
    NUMBER.lastIndex = this.at;
    const text = NUMBER.exec(this.text)?.[0];
    if (text === undefined) return undefined;
    this.at += text.length;
    return { kind: 'number', text };
  }
  private object(depth: number): JsonNode | undefined {
    const members = new Map<string, JsonNode>();
    this.at++;
    this.blanks();
    if (this.text[this.at] === '}') { this.at++; return { kind: 'object', members }; }
    for (;;) {
      this.blanks();
      const key = this.text[this.at] === '"' ? this.string() : undefined;
      if (key === undefined) return undefined;
      this.blanks();
      if (this.text[this.at++] !== ':') return undefined;
      const value = this.value(depth);
      if (value === undefined) return undefined;
      members.set(key, value);
      this.blanks();
      const next = this.text[this.at++];
      if (next === '}') return { kind: 'object', members };
      if (next !== ',') return undefined;
    }
  }
  private array(depth: number): JsonNode | undefined {
    const items: JsonNode[] = [];
    this.at++;
    this.blanks();
    if (this.text[this.at] === ']') { this.at++; return { kind: 'array', items }; }
    for (;;) {
      const value = this.value(depth);
      if (value === undefined) return undefined;
      items.push(value);
      this.blanks();
      const next = this.text[this.at++];
      if (next === ']') return { kind: 'array', items };
      if (next !== ',') return undefined;
    }
  }
  private string(): string | undefined {
    let out = '', from = ++this.at;
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c === 34) { out += this.text.slice(from, this.at++); return out; }
      if (Number.isNaN(c)) return undefined;
      if (c !== 92) { this.at++; continue; }
      out += this.text.slice(from, this.at);
      const escaped = this.escape();
      if (escaped === undefined) return undefined;
      out += escaped;
      from = this.at;
    }
  }
  private escape(): string | undefined {
    const c = this.text[this.at + 1];
    this.at += 2;
    switch (c) {
      case '"': case '\\': case '/': return c;
      case 'b': return '\b';
      case 'f': return '\f';
      case 'n': return '\n';
      case 'r': return '\r';
      case 't': return '\t';
      case 'u': {
        const hex = this.text.slice(this.at, this.at + 4);
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) return undefined;
        this.at += 4;
        return String.fromCharCode(Number.parseInt(hex, 16));
      }
      default: return undefined;
    }
  }
}
