/** The two engines behind one face: a living server that runs one text at a time and tells what it cost. */
import { availableParallelism } from 'node:os';
import { FLINK_VERSION, startFlink } from '../../tools/services/flink.ts';
import type { FlinkCluster } from '../../tools/services/flink.ts';
import type { RunFigures } from './figures.ts';
import { FlinkGateway } from './flink-gateway.ts';
import { cpuSeconds, memoryMib, resetPeak } from './proc.ts';
import { BenchFailure, BenchServer } from './server.ts';
import type { ServerOptions } from './server.ts';

export interface Engine {
  readonly name: 'Rivulet' | 'Flink';
  /** Runs a text whose INSERT ends by itself. @param records how many the sources must have read; not asserted when undefined */
  run(sql: string, records: number | undefined): Promise<RunFigures>;
  stop(): Promise<void>;
}

/** Rivulet is measured as one whole process: compiling, HTTP and all workers. */
export class RivuletEngine implements Engine {
  readonly name = 'Rivulet';
  readonly #server: BenchServer;
  private constructor(server: BenchServer) { this.#server = server; }
  static async start(options: ServerOptions): Promise<RivuletEngine> { return new RivuletEngine(await BenchServer.start(options)); }

  async run(sql: string): Promise<RunFigures> {
    const server = this.#server, usage = new Usage([server.pid]), id = await server.submit(sql);
    await server.waitFinished(id);
    const used = usage.read(), job = await server.job(id);
    return { seconds: ((job.endTimeMs ?? NaN) - job.startTimeMs) / 1000, ...used, sinkRows: job.nodes.filter((node) => node.type === 'sink').reduce((n, node) => n + node.recordsIn, 0) };
  }
  async stop(): Promise<void> { await this.#server.remove(); }
}

/**
 * Flink is measured by its TaskManager, which does the work of the records; its JobManager and its gateway, which plan and schedule,
 * are told apart under `others`. The harder comparison for Rivulet.
 */
export class FlinkEngine implements Engine {
  readonly name = 'Flink';
  static readonly version = FLINK_VERSION;
  readonly #cluster: FlinkCluster;
  readonly #client: FlinkGateway;
  private constructor(cluster: FlinkCluster) {
    this.#cluster = cluster;
    this.#client = new FlinkGateway(cluster.gateway, cluster.jobManager);
  }
  static async start(taskManagerMib: number, parallelism: number | undefined): Promise<FlinkEngine> { return new FlinkEngine(await startFlink({ taskManagerMib, slots: parallelism ?? availableParallelism() })); }

  async run(sql: string, records: number | undefined): Promise<RunFigures> {
    const { taskmanager, jobmanager, gateway } = this.#cluster.pids, worker = new Usage([taskmanager]), rest = new Usage([jobmanager, gateway]);
    const job = await this.#client.waitFinished(await this.#client.submit(sql)), figures = { seconds: job.seconds, ...worker.read(), others: rest.read() };
    if (records !== undefined && job.recordsRead !== records) throw new BenchFailure(`Flink read ${job.recordsRead} records, not ${records}`);
    return figures;
  }
  async stop(): Promise<void> { await this.#cluster.stop(); }
}

/** CPU time since it was made and peak memory since then, of some processes together. */
export class Usage {
  readonly #pids: readonly number[];
  readonly #from: number;
  constructor(pids: readonly number[]) {
    this.#pids = pids;
    for (const pid of pids) resetPeak(pid);
    this.#from = this.#cpu();
  }
  #cpu(): number { return this.#pids.reduce((n, pid) => n + cpuSeconds(pid), 0); }
  read(): { cpuSeconds: number; peakMib: number } {
    const round = (n: number): number => Number(n.toFixed(2));
    return { cpuSeconds: round(this.#cpu() - this.#from), peakMib: round(this.#pids.reduce((n, pid) => n + memoryMib(pid).peak, 0)) };
  }
}
