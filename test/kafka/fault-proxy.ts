/**
 * A broker with faults made to order: a proxy before a real one, under an address of its own that Metadata and FindCoordinator name in
 * place of the broker's. Rules say what happens to the next calls of a kind; without rules all is as it was.
 */
import { freePorts } from '../../tools/services/support.ts';
import { APIS } from '../../runtime/connectors/kafka/client/wire/apis.ts';
import { Proxy, type Asked, type Verdict } from './proxy.ts';
import { editedMetadata, movedCoordinator, refusal, type MetadataEdit } from './refusals.ts';

export type Call = keyof typeof APIS;
/**
 * refuse: the broker never sees the call. lose: it does what it is asked, and the answer is this error. cut: before the broker sees the
 * call. cut-after: its answer is lost with the connection. cut-inside: half of the answer comes. throttleMs: asks for a pause.
 */
export type Fault = { readonly refuse: number } | { readonly lose: number } | { readonly throttleMs: number } | { readonly delayMs: number } | 'cut' | 'cut-after' | 'cut-inside' | 'swallow';
export interface Rule { readonly call: Call; /** Of this client only. */ readonly clientId?: string | undefined; /** How often; Infinity: until taken away. */ times: number; readonly fault: Fault; /** How often it was applied. */ hits: number }

export class FaultProxy {
  private proxy: Proxy;
  private readonly upstream: string;
  private readonly rules = new Set<Rule>();
  /** Calls of our clients so far. */
  readonly asked = new Map<string, number>();
  edit: MetadataEdit = {};
  /** Lowers the newest version of every call the broker offers by so many. */
  lowered = 0;
  private constructor(port: number, upstream: string) {
    this.upstream = upstream;
    this.proxy = this.proxyOn(port);
  }
  static async start(upstream: string): Promise<FaultProxy> {
    const [port] = await freePorts(1), made = new FaultProxy(port as number, upstream);
    await made.proxy.listen();
    return made;
  }
  get port(): number { return this.proxy.port; }
  get address(): string { return `127.0.0.1:${this.proxy.port}`; }
  get connections(): number { return this.proxy.connections; }
  count(call: Call): number { return this.asked.get(APIS[call].name) ?? 0; }
  on(call: Call, fault: Fault, options: { readonly times?: number; readonly clientId?: string } = {}): Rule {
    const rule: Rule = { call, fault, times: options.times ?? 1, clientId: options.clientId, hits: 0 };
    this.rules.add(rule);
    return rule;
  }
  off(rule: Rule): void { this.rules.delete(rule); }
  /** The address refuses connections; those there are end. */
  down(): void { this.proxy.close(); }
  async up(): Promise<void> { await this.proxy.listen(); }
  cutAll(): void { this.proxy.cutAll(); }
  set isBlackHole(on: boolean) { this.proxy.isBlackHole = on; }
  /** The broker is found at another address from now on; the old one refuses. */
  async move(): Promise<void> {
    const [port] = await freePorts(1), old = this.proxy;
    this.proxy = await this.proxyOn(port as number).listen();
    old.close();
  }
  close(): void { this.proxy.close(); }

  private proxyOn(port: number): Proxy { return new Proxy(port, this.upstream, { onRequest: (asked) => this.onRequest(asked), onAnswer: (asked, frame) => this.onAnswer(asked, frame) }); }
  private ruleFor(asked: Asked, applies: (fault: Fault) => boolean): Rule | undefined {
    for (const rule of this.rules) if (APIS[rule.call].key === asked.key && (rule.clientId === undefined || rule.clientId === asked.clientId) && applies(rule.fault)) {
      rule.hits++;
      if (--rule.times <= 0) this.rules.delete(rule);
      return rule;
    }
    return undefined;
  }
  private onRequest(asked: Asked): Verdict {
    const name = Object.values(APIS).find((a) => a.key === asked.key)?.name ?? String(asked.key);
    this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
    const fault = this.ruleFor(asked, (f) => f === 'cut' || f === 'swallow' || (typeof f === 'object' && 'refuse' in f && asked.key !== APIS.metadata.key))?.fault;
    if (fault === undefined) return 'pass';
    return typeof fault === 'string' ? fault as 'cut' : { answer: refusal(asked, (fault as { refuse: number }).refuse) };
  }
  private onAnswer(asked: Asked, frame: Buffer): Verdict {
    const fault = this.ruleFor(asked, (f) => f !== 'cut' && f !== 'swallow' && !(typeof f === 'object' && 'refuse' in f && asked.key !== APIS.metadata.key))?.fault;
    if (fault === 'cut-after') return 'cut';
    if (fault === 'cut-inside') return fault;
    if (asked.key === APIS.metadata.key) {
      const code = typeof fault === 'object' ? 'refuse' in fault ? fault.refuse : 'lose' in fault ? fault.lose : undefined : undefined;
      return { answer: editedMetadata(asked, frame, { port: this.proxy.port, ...this.edit, ...(code === undefined ? {} : { code }) }) };
    }
    if (typeof fault === 'object' && 'lose' in fault) return { answer: refusal(asked, fault.lose) };
    if (typeof fault === 'object' && 'throttleMs' in fault) frame.writeInt32BE(fault.throttleMs, asked.key === APIS.produce.key ? frame.length - 4 : asked.key === APIS.fetch.key && asked.version >= APIS.fetch.flexibleFrom ? 5 : 4);
    if (typeof fault === 'object' && 'delayMs' in fault) return fault;
    if (asked.key === APIS.findCoordinator.key) return { answer: movedCoordinator(frame, this.edit.host ?? '127.0.0.1', this.edit.port ?? this.proxy.port) };
    if (asked.key === APIS.apiVersions.key && this.lowered > 0) this.lower(frame);
    return 'pass';
  }
  /** ApiVersions v0: code, then key, least and greatest version of each call. */
  private lower(frame: Buffer): void {
    for (let i = 0, at = 10; i < frame.readInt32BE(6); i++, at += 6) {
      const ours = Object.values(APIS).find((a) => a.key === frame.readInt16BE(at));
      if (ours !== undefined) frame.writeInt16BE(Math.max(frame.readInt16BE(at + 2), ours.min, Math.min(frame.readInt16BE(at + 4), ours.max - this.lowered)), at + 4);
    }
  }
}
