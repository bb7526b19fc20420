/** What the job page and the metrics show of a job: its plan nodes with the counters of all subtasks added up. */
import type { PhysicalNode } from '../../planner/physical/plan.ts';
import type { JobBadRecord, JobDetail, MetricSample, NodeDetail } from './contract.ts';
import type { Job } from './job.ts';
import type { SubtaskStats } from './workers.ts';

export async function jobDetail(job: Job): Promise<JobDetail> {
  const stats = await job.stats();
  return {
    ...job.summary(), sql: job.record.sql, settings: job.record.settings, nodes: job.record.plan.nodes.map((node) => nodeDetail(node, stats)),
    checkpoints: job.history.history.map((event) => ({ ...event })), exceptions: job.exceptions, restoredFrom: job.restoredFrom, statuses: job.statuses, nextRestartMs: job.nextRestartMs,
  };
}
/** In the order in which they were read. */
export async function jobBadRecords(job: Job): Promise<readonly JobBadRecord[]> {
  const found = (await job.stats()).flatMap(({ subtask, nodes }) => nodes.flatMap((node) => node.badRecords.map((one): JobBadRecord => ({ ...one, nodeId: node.id, subtask }))));
  return found.sort((a, b) => a.atMs - b.atMs);
}
function nodeDetail(node: PhysicalNode, stats: readonly SubtaskStats[]): NodeDetail {
  const own = [...stats].sort((a, b) => a.subtask - b.subtask).flatMap((subtask) => subtask.nodes.filter((candidate) => candidate.id === node.id));
  const sum = (pick: (one: (typeof own)[number]) => number): number => own.reduce((total, one) => total + pick(one), 0);
  const counters: Record<string, number> = {};
  for (const one of own) for (const [name, value] of Object.entries(one.counters)) counters[name] = (counters[name] ?? 0) + value;
  const watermarks = own.map((one) => one.watermarkMs);
  return {
    id: node.id, type: node.type, table: node.type === 'source' || node.type === 'sink' ? node.table : undefined, label: node.label,
    inputs: node.inputs.map(({ node: from, exchange }) => ({ node: from, exchange: exchange.kind === 'hash' ? `hash[${exchange.keys.join(', ')}]` : exchange.kind })),
    recordsIn: sum((one) => one.recordsIn), recordsOut: sum((one) => one.recordsOut),
    watermarkMs: watermarks.length > 0 && watermarks.every((ms) => ms !== undefined) ? Math.min(...watermarks) : undefined,
    stateBytes: sum((one) => one.stateBytes), stateEntries: sum((one) => one.stateEntries), counters,
    activity: own.flatMap((one) => one.activity ?? []), progress: own.flatMap((one) => (one.progress === null ? [] : [one.progress])),
  };
}

/** See `Stuck`. */
const STUCK = /^(retrying|waiting) since /;
/** Sources and sinks that wait for a system outside, one text for each, with node and reason. */
export function stuckNodes(detail: Pick<JobDetail, 'nodes'>): readonly string[] {
  return detail.nodes.flatMap((node) => [...new Set(node.activity)].filter((text) => STUCK.test(text)).map((text) => `${node.label}: ${text}`));
}

/** Per job; counters of rows are those last asked for. */
export function jobMetrics(job: Job): readonly MetricSample[] {
  const labels = { job_id: job.id, job: job.record.name }, { history } = job;
  const last = history.history.find((event) => event.status === 'completed');
  const out: MetricSample[] = [];
  const add = (name: string, kind: MetricSample['kind'], help: string, value: number | undefined, more: Readonly<Record<string, string>> = {}): void => {
    if (value !== undefined) out.push({ name, kind, help, value, labels: { ...labels, ...more } });
  };
  add('job_running', 'gauge', '1 while the job is RUNNING', job.status === 'RUNNING' ? 1 : 0);
  add('job_restarts_total', 'counter', 'Restarts after failures', job.restarts);
  add('job_checkpoints_completed_total', 'counter', 'Completed checkpoints since the server started', history.completed);
  add('job_checkpoints_failed_total', 'counter', 'Failed checkpoints since the server started', history.failed);
  add('job_checkpoint_blocked', 'gauge', '1 while a checkpoint cannot be written (disk full or broken)', history.problem === undefined ? 0 : 1);
  add('job_last_checkpoint_duration_seconds', 'gauge', 'Duration of the last completed checkpoint', last?.durationMs === undefined ? undefined : last.durationMs / 1000);
  add('job_last_checkpoint_size_bytes', 'gauge', 'Bytes written by the last completed checkpoint', last?.sizeBytes);
  add('job_printed_lines_total', 'counter', 'Lines printed by print sinks', job.printLog.total);
  for (const node of job.record.plan.nodes) {
    const detail = nodeDetail(node, job.knownStats), more = { node: node.id, type: node.type }, ofTable = detail.table === undefined ? more : { ...more, table: detail.table };
    add('operator_records_in_total', 'counter', 'Rows that came in', detail.recordsIn, more);
    add('operator_records_out_total', 'counter', 'Rows that went out', detail.recordsOut, more);
    if (detail.stateEntries > 0) {
      add('operator_state_entries', 'gauge', 'Entries in state tables', detail.stateEntries, more);
      add('operator_state_bytes', 'gauge', 'Memory of state tables', detail.stateBytes, more);
    }
    for (const [name, value] of Object.entries(detail.counters)) add('operator_counter_total', 'counter', 'Counters of operators and connectors', value, { ...ofTable, counter: name });
    if (node.type === 'source' || node.type === 'sink') add('operator_stuck', 'gauge', 'Subtasks that try again or wait because of a system outside; why: activity in the job detail', detail.activity.filter((text) => STUCK.test(text)).length, more);
  }
  return out;
}
