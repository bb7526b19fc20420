/**
 * Short forms for function cards. A family file is a plain array made with these; `index.ts` lists the families.
 *
 * Rules shared by all: NULL-typed arguments fit every parameter (the signature then names the parameter's type, so that the binder casts
 * the NULL), a result is nullable when any argument is, strict functions never see NULL.
 */
import type { ArgumentInfo, CompiledCall, EvalEnv, FunctionDoc, ScalarFunction, Signature } from '../../catalog/registry/functions.ts';
import { isCharacter, isInteger, isNumeric } from '../../core/types/coercion.ts';
import { asNullable, type SqlType } from '../../core/types/sql-type.ts';

/** `[SQL, printed result]`. */
export type Example = readonly [sql: string, result: string];
export interface Spec {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** e.g. `UPPER(string)` */
  readonly signature: string;
  readonly about: string;
  readonly examples?: readonly Example[];
  infer(args: readonly ArgumentInfo[]): Signature | undefined;
  /** Default true. */
  readonly strict?: boolean;
  /** Default true. */
  readonly deterministic?: boolean;
  compile(args: readonly ArgumentInfo[], result: SqlType, env: EvalEnv): CompiledCall;
}
export function scalar(family: string, spec: Spec): ScalarFunction {
  return {
    kind: 'scalar', name: spec.name, aliases: spec.aliases, family, strict: spec.strict ?? true, deterministic: spec.deterministic ?? true,
    doc: { signature: spec.signature, description: spec.about, examples: (spec.examples ?? []).map(([sql, result]) => ({ sql, result })) },
    infer: (args) => spec.infer(args), compile: (args, result, env) => spec.compile(args, result, env),
  };
}

/** What a parameter takes. */
export type Parameter = (type: SqlType) => boolean;
export const isNull = (type: SqlType): boolean => type.kind === 'NULL';
export const characters: Parameter = (t) => isCharacter(t);
export const integers: Parameter = (t) => isInteger(t);
export const numbers: Parameter = (t) => isNumeric(t);
export const booleans: Parameter = (t) => t.kind === 'BOOLEAN';

export const anyNullable = (args: readonly ArgumentInfo[]): boolean => args.some((a) => a.type.nullable);
/** The result type, nullable when any argument is. */
export const propagate = (type: SqlType, args: readonly ArgumentInfo[]): SqlType => asNullable(type, anyNullable(args));
export const nullable = (type: SqlType): SqlType => asNullable(type, true);

/** One parameter of a fixed signature: what it accepts and the type it is cast to (undefined: as it is). */
export interface Slot { readonly takes: Parameter; readonly as?: SqlType | undefined; readonly optional?: boolean }
export const slot = (takes: Parameter, as?: SqlType): Slot => ({ takes, as });
export const optional = (takes: Parameter, as?: SqlType): Slot => ({ takes, as, optional: true });

/** Inference of a fixed list of parameters. `mayBeNull`: the function can give NULL for arguments that are not. */
export function fixed(slots: readonly Slot[], result: SqlType | ((args: readonly ArgumentInfo[]) => SqlType), mayBeNull = false): (args: readonly ArgumentInfo[]) => Signature | undefined {
  const least = slots.filter((s) => s.optional !== true).length;
  return (args) => {
    if (args.length < least || args.length > slots.length) return undefined;
    const wanted: SqlType[] = [];
    for (const [i, arg] of args.entries()) {
      const s = slots[i];
      if (s === undefined || !(isNull(arg.type) || s.takes(arg.type))) return undefined;
      wanted.push(s.as ?? arg.type);
    }
    const type = typeof result === 'function' ? result(args) : result;
    return { result: asNullable(type, mayBeNull || anyNullable(args)), args: wanted };
  };
}
/** The literal of argument i as text, or undefined. */
export function literalText(args: readonly ArgumentInfo[], i: number): string | undefined {
  const value = args[i]?.literal?.value;
  return typeof value === 'string' ? value : undefined;
}
/** A call by reference; typed loosely because generated code passes what the signature says. */
export const call = (fn: (...args: never[]) => unknown): CompiledCall => ({ call: fn });
/** An inlined expression. */
export const code = (write: (args: readonly string[], ref: (value: unknown) => string) => string): CompiledCall => ({ code: write });
/** A doc card. */
export const doc = (signature: string, description: string, examples: readonly Example[] = []): FunctionDoc => ({ signature, description, examples: examples.map(([sql, result]) => ({ sql, result })) });
