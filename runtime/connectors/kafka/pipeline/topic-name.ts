/** Which topic a table goes to: `topic`, else the first mapping that names it, else the text of its id. */
import { idText, type PipelineTableId } from '../../../../catalog/objects/pipeline-table.ts';
import { matchesAny } from '../../../../planner/physical/table-match.ts';
import type { KafkaPipelineSpec } from './spec.ts';

export function topicOf(spec: Pick<KafkaPipelineSpec, 'topic' | 'mapping'>, id: PipelineTableId): string {
  return spec.topic ?? spec.mapping.find((m) => matchesAny(m.patterns, idText(id)))?.topic ?? idText(id);
}
/** What Kafka takes for a name. */
export const isTopicName = (name: string): boolean => /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..';
