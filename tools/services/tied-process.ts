/**
 * A program that lives no longer than we do. It and a small shell live in a process group of their own; the shell holds the read end
 * of a pipe from us, so when we are gone, even by SIGKILL, it kills the group and removes the program's folder. The group ends, too,
 * when the program ends by itself. Linux and other systems with a POSIX shell.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { ServiceUnavailable } from './support.ts';

/**
 * fd 3 is the pipe: a shell gives its background commands /dev/null as input. When the pipe closes the shell that waits is ended first,
 * or it would end the one that cleans up; the sleep lets other programs that write into the folder die.
 */
const SCRIPT = 'exec 3<&0; "$@" </dev/null >>"$TIED_LOG" 2>&1 3<&- & program=$!; echo $program; exec >/dev/null; '
  + '( cat <&3; kill -9 $$ $program; sleep 0.5; rm -rf "$TIED_FOLDER"; kill -9 0 ) & wait $program; kill -9 0';

export interface TiedOptions {
  /** What it prints is appended here. */
  readonly log: string;
  /** Removed when we die without stopping the program. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export class TiedProcess {
  /** Of the program itself, not of its shell. */
  readonly pid: number;
  readonly log: string;
  readonly #shell: ChildProcess;
  #ended = false;
  private constructor(shell: ChildProcess, pid: number, log: string) {
    this.#shell = shell;
    this.pid = pid;
    this.log = log;
    shell.once('exit', () => { this.#ended = true; shell.stdin?.destroy(); });
  }

  static async start(command: readonly string[], options: TiedOptions): Promise<TiedProcess> {
    const shell = spawn('/bin/sh', ['-c', SCRIPT, 'sh', ...command], { detached: true, stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, ...options.env, TIED_LOG: options.log, TIED_FOLDER: options.folder } });
    shell.stdin.on('error', () => {});
    const pid = await new Promise<number>((resolve, reject) => {
      let text = '';
      shell.stdout.setEncoding('utf8').on('data', (more: string) => { text += more; if (text.includes('\n')) resolve(Number(text)); });
      shell.once('error', (cause) => { reject(new ServiceUnavailable(`/bin/sh could not be started: ${String(cause)}`)); });
      shell.once('exit', () => { reject(new ServiceUnavailable(`${command[0] ?? ''} could not be started`)); });
    });
    shell.stdout.destroy();
    shell.unref();
    return new TiedProcess(shell, pid, options.log);
  }

  get ended(): boolean { return this.#ended; }
  /** A signal to the whole group; nothing when it is gone. */
  signal(name: NodeJS.Signals): void {
    const { pid } = this.#shell;
    if (pid === undefined || this.#ended) return;
    try { process.kill(-pid, name); } catch { /* already gone */ }
  }
  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#ended) return;
    const gone = new Promise((resolve) => { this.#shell.once('exit', resolve); });
    this.#shell.ref();
    this.signal('SIGKILL');
    await gone;
  }
  /** The last of what it printed. */
  async lastOutput(): Promise<string> { return (await readFile(this.log, 'utf8').catch(() => '')).slice(-2000); }
}
