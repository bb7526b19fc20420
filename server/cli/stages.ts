/** The stages of a pipeline as a line of text: structure → full data → incremental. */
interface Full { readonly tables?: number; readonly tablesDone?: number; readonly chunks?: number; readonly chunksDone?: number; readonly rows?: number; readonly rowsPerSecond?: number; readonly etaSeconds?: number | null }
interface Incremental { readonly file?: string; readonly pos?: number; readonly lagSeconds?: number; readonly lagBytes?: number | null }
interface Progress { readonly stage?: string; readonly tables?: number; readonly full?: Full; readonly incremental?: Incremental }
export interface Watched { readonly status: string; readonly progress: readonly unknown[]; readonly lastError?: string | undefined; readonly exceptions?: readonly { readonly message: string; readonly detail?: string; readonly hint?: string }[]; readonly nodes?: readonly { readonly type: string; readonly recordsIn: number }[] }

const count = (n: number | undefined): string => (n ?? 0).toLocaleString('en-US');
export function stageText(job: Watched): string {
  const progress = (job.progress[0] ?? {}) as Progress, written = job.nodes?.find((n) => n.type === 'sink')?.recordsIn;
  const rows = written === undefined ? '' : `, ${count(written)} records to the sink`;
  if (job.status !== 'RUNNING') return `${job.status}${job.lastError === undefined ? '' : `: ${job.lastError}`}`;
  switch (progress.stage) {
    case 'full': return `full data: ${fullText(progress.full)}${rows}`;
    case 'incremental': return `incremental: ${progress.incremental === undefined && progress.tables !== undefined ? `tables found in topics: ${count(progress.tables)}` : incrementalText(progress.incremental)}${rows}`;
    case 'finished': return `finished${rows}`;
    default: return `${progress.stage ?? 'running'}${rows}`;
  }
}
/** Why a pipeline failed, and what helps, as lines to stand under its status; none when it did not. */
export function failureText(job: Watched): string {
  const last = job.status === 'FAILED' ? job.exceptions?.find((e) => e.message === job.lastError) : undefined;
  return [last?.detail, last?.hint].filter((t) => t !== undefined).map((t) => `    ${t.split('\n').join('\n    ')}\n`).join('');
}
function fullText(full: Full | undefined): string {
  if (full === undefined) return 'beginning';
  const left = full.etaSeconds === null || full.etaSeconds === undefined ? '' : `, about ${durationText(full.etaSeconds)} left`;
  return `${count(full.chunksDone)} of ${count(full.chunks)} chunks, ${count(full.tablesDone)} of ${count(full.tables)} tables, ${count(full.rows)} rows at ${count(full.rowsPerSecond)}/s${left}`;
}
function incrementalText(at: Incremental | undefined): string {
  if (at === undefined) return 'beginning';
  const bytes = at.lagBytes === null || at.lagBytes === undefined ? '' : ` and ${count(at.lagBytes)} bytes`;
  return `${at.file ?? ''}:${at.pos ?? 0}, ${(at.lagSeconds ?? 0) === 0 && (at.lagBytes ?? 0) === 0 ? 'up to date' : `behind by ${at.lagSeconds ?? 0} s${bytes}`}`;
}
export const durationText = (seconds: number): string => (seconds < 90 ? `${seconds} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`);
/** What of the text counts as news when it is not a terminal that shows it. */
export const stageKey = (job: Watched): string => `${job.status} ${((job.progress[0] ?? {}) as Progress).stage ?? ''}`;
