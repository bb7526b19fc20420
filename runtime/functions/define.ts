/** Small constructors for function cards, so that a family reads as a list. */
import type { ArgumentInfo, CompiledCall, EvalEnv, FunctionDoc, ScalarFunction, Signature } from '../../catalog/registry/functions.ts';
import { asNullable, type SqlType } from '../../core/types/sql-type.ts';

export interface ScalarSpec {
  readonly name: string;
  readonly aliases?: readonly string[] | undefined;
  readonly doc: FunctionDoc;
  readonly infer: (args: readonly ArgumentInfo[]) => Signature | undefined;
  readonly compile: (args: readonly ArgumentInfo[], result: SqlType, env: EvalEnv) => CompiledCall;
  readonly strict?: boolean | undefined;
  readonly deterministic?: boolean | undefined;
}
/** Strict and deterministic unless said otherwise. */
export const scalar = (family: string, spec: ScalarSpec): ScalarFunction => ({ ...spec, kind: 'scalar', family, strict: spec.strict ?? true, deterministic: spec.deterministic ?? true });
export const doc = (signature: string, description: string, examples: FunctionDoc['examples'] = []): FunctionDoc => ({ signature, description, examples });
/** Result nullable when any argument is. */
export const nullableLike = (type: SqlType, args: readonly ArgumentInfo[]): SqlType => asNullable(type, args.some((a) => a.type.nullable));
/** A call by reference. */
export const call = (fn: (...args: never[]) => unknown): CompiledCall => ({ call: fn });
