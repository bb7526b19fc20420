/** What the planner half of the pipeline source `kafka` tells the reader: plain JSON inside the plan. */
import type { TableVersion } from '../../../../catalog/objects/pipeline-table.ts';
import type { SqlType } from '../../../../core/types/sql-type.ts';
import type { KafkaSourceSpec } from '../spec.ts';
import type { MessageSettings } from './messages.ts';

export interface KafkaPipelineSourceSpec {
  /** Raw messages of the topics. */
  readonly reader: KafkaSourceSpec;
  readonly messages: MessageSettings;
  readonly inference: { readonly timestampStandard: 'SQL' | 'ISO-8601'; readonly primitiveAsString: boolean; readonly isStatic: boolean; readonly fixed: readonly (readonly [name: string, type: SqlType])[] };
  readonly errors: { readonly ignore: boolean; /** Messages that may be left out; -1 = any number. */ readonly most: number };
  readonly facts: readonly string[];
  /** Records looked at before the start, per topic. */
  readonly sample: number;
  /** Tables found in them. */
  readonly tables?: readonly TableVersion[];
}
