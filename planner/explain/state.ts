/** What each operator keeps and how that grows: said before a job starts, so that nobody learns it from a full disk. */
import { listText } from '../physical/label.ts';
import type { JoinSide, NodeOf, PhysicalNode, PhysicalPlan, PlanColumn } from '../physical/plan.ts';

/** One entry per operator with state: its label, then its tables. */
export function stateText(plan: PhysicalPlan): string {
  const entries = [...statesByNode(plan)].map(([node, lines]) => [title(node), ...lines.map((l) => `  - ${l}`)].join('\n'));
  return entries.length === 0 ? 'No operator keeps rows; sources keep their positions only.' : entries.join('\n');
}
/** Ids of the operators that hold rows of their own. Sources and sinks hold positions and transactions. */
export const statefulNodes = (plan: PhysicalPlan): ReadonlySet<string> => new Set([...statesByNode(plan).keys()].map((node) => node.id));
function statesByNode(plan: PhysicalPlan): ReadonlyMap<PhysicalNode, readonly string[]> {
  const nodes = new Map(plan.nodes.map((n) => [n.id, n]));
  const columnsOf = (node: PhysicalNode, input: number): readonly PlanColumn[] => nodes.get(node.inputs[input]?.node ?? '')?.columns ?? [];
  return new Map(plan.nodes.map((node) => [node, statesOf(node, (i) => columnsOf(node, i))] as const).filter(([, lines]) => lines.length > 0));
}
export const title = (node: Pick<PhysicalNode, 'id' | 'label'>): string => `${node.label.length > 160 ? `${node.label.slice(0, 157)}...` : node.label} [${node.id}]`;
const kept = (ttlMs: number): string => (ttlMs === 0 ? 'kept for ever' : `dropped when not touched for ${durationText(ttlMs)}`);
function durationText(ms: number): string {
  for (const [unit, size] of [['d', 864e5], ['h', 36e5], ['min', 6e4], ['s', 1e3]] as const) if (ms % size === 0) return `${ms / size} ${unit}`;
  return `${ms} ms`;
}

function statesOf(node: PhysicalNode, columns: (input: number) => readonly PlanColumn[]): string[] {
  switch (node.type) {
    case 'join': return joinStates(node, columns);
    case 'group-aggregate': {
      const calls = node.calls.length === 0 ? 'a count of its rows' : `accumulators of ${node.calls.length} call${node.calls.length === 1 ? '' : 's'}`;
      const group = node.keys.length === 0 ? `one global group: ${calls}; constant size` : `${calls} per group by (${listText(node.keys, columns(0))}); grows with the number of distinct groups, ${kept(node.ttlMs)}`;
      const values = node.calls.filter((c) => c.distinct || keepsValues(c.function, node.retract)).map((c) => `${c.function}(${c.distinct ? 'DISTINCT ' : ''}${listText(c.args, columns(0))}): its distinct values per group with counts; grows with them`);
      return [group, ...values];
    }
    case 'changelog-normalize': return [`the last row per key (${listText(node.key, node.columns)}); grows with the number of keys, ${kept(node.ttlMs)}`];
    case 'set-op': return [`two counters per distinct row; grows with the number of distinct rows of both sides, ${kept(node.ttlMs)}`];
    case 'sink-materialize': return [`the list of current rows per sink key (${listText(node.key, node.columns)}); grows with the number of rows, ${kept(node.ttlMs)}. It is needed because the sink's PRIMARY KEY is not the key that identifies the query's rows${node.inputUpsertKey === null ? '' : ` (${listText(node.inputUpsertKey, node.columns)})`}`];
    case 'final-sort': return [node.limit !== null && node.sort.length > 0 ? 'the rows of the result until the end of input' : 'the result until the end of input'];
    case 'limit': return [`a counter of rows passed on; constant size`];
    case 'pipeline-transform': return ['the columns of every target table; grows with the number of tables'];
    case 'sink': case 'source': case 'values': case 'calc': case 'union': case 'drop-update-before': case 'unnest': case 'lookup-join': case 'collect': return [];
  }
}
/** Calls whose state holds the values themselves: always, or only when rows may be taken back. */
const KEEPS_VALUES = new Set(['COLLECT', 'ARRAY_AGG', 'LISTAGG', 'PERCENTILE']), KEEPS_VALUES_TO_RETRACT = new Set(['MIN', 'MAX', 'FIRST_VALUE', 'LAST_VALUE', 'JSON_ARRAYAGG', 'JSON_OBJECTAGG']);
const keepsValues = (name: string, retract: boolean): boolean => KEEPS_VALUES.has(name) || (retract && KEEPS_VALUES_TO_RETRACT.has(name));
function joinStates(node: NodeOf<'join'>, columns: (input: number) => readonly PlanColumn[]): string[] {
  const side = (name: string, input: number, keys: readonly number[], spec: JoinSide, counts: boolean): string => {
    const of = columns(input), by = keys.length === 0 ? 'all in one task, without a key' : `by (${listText(keys, of)})`;
    const rows = spec.kind === 'join-key-unique' ? 'at most one row per join key' : spec.kind === 'unique-key' ? `one row per (${listText(spec.uniqueKey, of)})` : spec.kind === 'append' ? 'every row' : 'every distinct row with its count';
    return `${name} side: ${rows}, ${by}${counts ? ', with the number of its matches' : ''}; grows with the rows of the ${name} input, ${kept(node.ttlMs[input] ?? 0)}`;
  };
  const { joinType } = node, countsLeft = joinType === 'left' || joinType === 'full' || joinType === 'semi' || joinType === 'anti', countsRight = joinType === 'right' || joinType === 'full';
  return [side('left', 0, node.leftKeys, node.left, countsLeft), side('right', 1, node.rightKeys, node.right, countsRight)];
}
