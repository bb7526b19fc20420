/**
 * Settings and command lines of a Flink session cluster on loopback: JobManager, one TaskManager, SQL gateway. Flink's shell scripts
 * work the TaskManager's memory out; started with plain `java` it has to be spelled out, which is done here.
 */
import { join } from 'node:path';

export interface FlinkPorts { readonly rpc: number; readonly rest: number; readonly gateway: number }
export interface FlinkSizing {
  /** All of the TaskManager's memory, MiB, as `taskmanager.memory.process.size`; at least 2048. */
  readonly taskManagerMib: number;
  readonly slots: number;
}
export type FlinkPart = 'jobmanager' | 'taskmanager' | 'gateway';

/** MiB; Flink's defaults for a TaskManager of 4 GiB. `managed` is little because the heap state backend does not use it: the heap gets the rest. */
const FIXED = { metaspace: 256, overhead: 410, frameworkOffHeap: 128, network: 343, frameworkHeap: 128, managed: 512 } as const;

function taskHeapMib({ taskManagerMib }: FlinkSizing): number { return taskManagerMib - Object.values(FIXED).reduce((n, size) => n + size, 0); }

/** Hashmap state, checkpoints every 10 s exactly once, parallelism = slots; all else as Flink ships it. */
export function flinkConfig(folder: string, ports: FlinkPorts, sizing: FlinkSizing): string {
  const loopback = Object.fromEntries(['jobmanager.rpc.address', 'jobmanager.bind-host', 'taskmanager.bind-host', 'taskmanager.host', 'rest.address', 'rest.bind-address', 'sql-gateway.endpoint.rest.address', 'sql-gateway.endpoint.rest.bind-address'].map((key) => [key, '127.0.0.1']));
  const settings: Readonly<Record<string, string | number>> = {
    ...loopback, 'jobmanager.rpc.port': ports.rpc, 'rest.port': ports.rest, 'sql-gateway.endpoint.rest.port': ports.gateway,
    'taskmanager.numberOfTaskSlots': sizing.slots, 'taskmanager.cpu.cores': sizing.slots.toFixed(1), 'parallelism.default': sizing.slots,
    'taskmanager.memory.framework.heap.size': `${FIXED.frameworkHeap}m`, 'taskmanager.memory.framework.off-heap.size': `${FIXED.frameworkOffHeap}m`,
    'taskmanager.memory.task.heap.size': `${taskHeapMib(sizing)}m`, 'taskmanager.memory.task.off-heap.size': '0m', 'taskmanager.memory.managed.size': `${FIXED.managed}m`,
    'taskmanager.memory.network.min': `${FIXED.network}m`, 'taskmanager.memory.network.max': `${FIXED.network}m`, 'taskmanager.memory.jvm-metaspace.size': `${FIXED.metaspace}m`,
    'taskmanager.memory.jvm-overhead.min': `${FIXED.overhead}m`, 'taskmanager.memory.jvm-overhead.max': `${FIXED.overhead}m`,
    'state.backend.type': 'hashmap', 'execution.checkpointing.dir': `file://${join(folder, 'checkpoints')}`, 'execution.checkpointing.interval': '10 s', 'execution.checkpointing.mode': 'EXACTLY_ONCE',
    'execution.runtime-mode': 'streaming', 'table.local-time-zone': 'UTC', 'io.tmp.dirs': join(folder, 'tmp'),
  };
  return Object.entries(settings).map(([key, value]) => `${key}: ${value}\n`).join('');
}

export const LOG_CONFIG = `rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
logger.kafka.name = org.apache.kafka
logger.kafka.level = WARN
appender.console.type = Console
appender.console.name = Console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c{1} %m%n%ex
`;

const MAIN: Readonly<Record<FlinkPart, string>> = {
  jobmanager: 'org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint',
  taskmanager: 'org.apache.flink.runtime.taskexecutor.TaskManagerRunner',
  gateway: 'org.apache.flink.table.gateway.SqlGateway',
};
/** What Flink's own `env.java.opts.all` opens to it, as far as these programs need it. */
const OPENED = ['lang', 'lang.reflect', 'net', 'io', 'nio', 'text', 'time', 'util', 'util.concurrent', 'util.concurrent.atomic', 'util.concurrent.locks'].map((name) => `java.${name}`);

export function flinkCommand(part: FlinkPart, jars: string, folder: string, sizing: FlinkSizing): string[] {
  const heap = taskHeapMib(sizing) + FIXED.frameworkHeap, memory: Readonly<Record<FlinkPart, readonly string[]>> = {
    jobmanager: ['-Xmx1g', `-XX:MaxMetaspaceSize=${FIXED.metaspace}m`],
    taskmanager: [`-Xms${heap}m`, `-Xmx${heap}m`, `-XX:MaxDirectMemorySize=${FIXED.frameworkOffHeap + FIXED.network}m`, `-XX:MaxMetaspaceSize=${FIXED.metaspace}m`],
    gateway: ['-Xmx1g'],
  };
  return [
    'java', '-XX:+UseG1GC', `-Dlog4j2.configurationFile=${join(folder, 'conf/log4j2.properties')}`,
    '--add-exports=java.base/sun.net.util=ALL-UNNAMED', '--add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED', ...[...OPENED, 'sun.nio.ch'].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    ...memory[part], '-cp', join(jars, '*'), MAIN[part], ...(part === 'gateway' ? [] : ['-c', join(folder, 'conf')]),
  ];
}
