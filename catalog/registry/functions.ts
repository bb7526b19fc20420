/**
 * Functions as the planner and the runtime see them. One ScalarFunction or AggregateFunction per SQL name; operators (`+`, `=`, `LIKE`)
 * are functions too. Families live in `runtime/functions/<family>.ts`; the planner finds them through this registry, filled at boot.
 */
import type { SqlType } from '../../core/types/sql-type.ts';

/** An argument as the binder knows it. `literal` is set (possibly null) when the argument is a constant. */
export interface ArgumentInfo { readonly type: SqlType; readonly literal?: { readonly value: unknown } | undefined }

/** Session facts that functions may use. JSON-safe part of a plan (`EvalSettings`) plus ports given at run time. */
export interface EvalSettings { readonly timeZone: string }
export interface EvalEnv extends EvalSettings {
  /** Wall clock in ms; read per record by CURRENT_TIMESTAMP & co. */
  nowMs(): number;
  random(): number;
  /** Present while a statement is planned; workers do not have it. */
  readonly session?: { readonly user: string; readonly catalog: string; readonly database: string; readonly version: string; setting(name: string): string | undefined } | undefined;
}

/** What a call needs: its result type and, if arguments must be cast first, their types (the binder adds the casts). */
export interface Signature { readonly result: SqlType; readonly args?: readonly SqlType[] | undefined }

export interface FunctionDoc {
  /** e.g. `SUBSTRING(string FROM integer [FOR integer])` */
  readonly signature: string;
  readonly description: string;
  /** Run as tests: an SQL expression and its value printed as Flink prints it (`NULL` for null). */
  readonly examples: readonly { readonly sql: string; readonly result: string }[];
}

/** JavaScript made for one call: either an expression over the arguments' code, or a function called by reference. */
export type CompiledCall =
  /** `code(args, ref)`: a JavaScript expression; `args[i]` are side-effect free names or expressions; `ref(value)` gives a name bound to a constant. Never contains user text. */
  | { readonly code: (args: readonly string[], ref: (value: unknown) => string) => string }
  | { readonly call: (...args: never[]) => unknown };

export interface ScalarFunction {
  readonly kind: 'scalar';
  /** Upper case; operators by their symbol. */
  readonly name: string;
  readonly aliases?: readonly string[] | undefined;
  readonly family: string;
  readonly doc: FunctionDoc;
  /** undefined: these arguments do not fit (the binder reports the signature). Result nullability: null if any argument is nullable unless the function says otherwise. */
  infer(args: readonly ArgumentInfo[]): Signature | undefined;
  /** strict: NULL in any argument gives NULL and the code is not run. */
  readonly strict: boolean;
  /** False for RAND, UUID, NOW …: never folded, never moved. */
  readonly deterministic: boolean;
  /** Depends on the session and its arguments only: folded when planned, also without arguments. */
  readonly session?: boolean | undefined;
  compile(args: readonly ArgumentInfo[], result: SqlType, env: EvalEnv): CompiledCall;
}

export interface AggregateFunction {
  readonly kind: 'aggregate';
  readonly name: string;
  readonly aliases?: readonly string[] | undefined;
  readonly family: string;
  readonly doc: FunctionDoc;
  infer(args: readonly ArgumentInfo[]): Signature | undefined;
  /** `retract`: the input carries -U/-D. */
  compile(args: readonly SqlType[], result: SqlType, options: { retract: boolean }): AggregateImplementation;
}
/**
 * Works on a shared array of accumulator slots: this call owns `slots.length` slots from `at`. All slots are persisted.
 * NULL arguments are passed in; implementations skip them as SQL says.
 */
export interface AggregateImplementation {
  readonly slots: readonly SqlType[];
  init(acc: unknown[], at: number): void;
  add(acc: unknown[], at: number, a: unknown, b: unknown): void;
  retract(acc: unknown[], at: number, a: unknown, b: unknown): void;
  result(acc: unknown[], at: number): unknown;
  /**
   * Set when the call cannot undo a value from its slots alone (MIN/MAX, FIRST_VALUE … with retraction): the operator then keeps the
   * group's values with their counts in a state table and calls `fromValues` instead of add/retract/result.
   */
  readonly values?: { /** `min`/`max` get ordered access, `all` iterates in arrival order. */ readonly order: 'min' | 'max' | 'all'; fromValues?(values: Iterable<unknown>): unknown } | undefined;
  readonly plain?: PlainArithmetic | undefined;
}
/**
 * What a call does in plain arithmetic, so that an operator can keep its slots as doubles and generate the code: the same as `add`, `retract`
 * and `result` as long as arguments and slots are numbers. The operator goes back to these where a value is a bigint or a whole number
 * leaves ±(2^53 - 1).
 *
 *   count    slots: number of values; counts rows whose arguments are not NULL
 *   sum      slots: sum, number of values. `form`: long = whole numbers, double, or float = rounded after each step. `bits`: a whole sum is
 *            wrapped to 32 - bits. `finish` makes the result; null and zero give the sum, or that when there are no values
 *   extreme  slot: the best value, NULL when there is none. `form` as for sums; only without retraction
 */
export type PlainArithmetic =
  | { readonly kind: 'count' }
  | { readonly kind: 'sum'; readonly form: 'long' | 'double' | 'float'; readonly bits: number | undefined; readonly finish: 'null' | 'zero' | ((sum: number, count: number) => unknown) }
  | { readonly kind: 'extreme'; readonly order: 'min' | 'max'; readonly form: 'long' | 'double' };
export interface FunctionRegistry {
  scalar(name: string): ScalarFunction | undefined;
  aggregate(name: string): AggregateFunction | undefined;
  /** All names (upper case), sorted, for SHOW FUNCTIONS and hints. */
  names(): readonly string[];
}
