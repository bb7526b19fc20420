/** Passwords for the command line: from a pipe the first line, from a terminal without showing it. Never from an argument, which other users of the machine can see. */
import type { ReadStream } from 'node:tty';
import { invalidUser } from '../../core/errors/access.ts';

const ENTER = new Set(['\r', '\n', '\u0004']), BACK = new Set(['\u007f', '\b']);

export async function readPassword(input: ReadStream | NodeJS.ReadStream, prompt: { write(text: string): unknown }, what: string): Promise<string> {
  const password = input.isTTY ? await fromTerminal(input as ReadStream, prompt, `${what}: `) : await firstLine(input);
  if (input.isTTY && password !== await fromTerminal(input as ReadStream, prompt, 'once more: ')) throw invalidUser({ what: 'the two passwords differ' });
  return password;
}
async function firstLine(input: NodeJS.ReadStream): Promise<string> {
  let text = '';
  for await (const chunk of input) text += String(chunk);
  return text.split(/\r?\n/)[0] ?? '';
}
function fromTerminal(input: ReadStream, prompt: { write(text: string): unknown }, text: string): Promise<string> {
  prompt.write(text);
  input.setRawMode(true);
  input.setEncoding('utf8');
  return new Promise((resolve) => {
    let typed: string[] = [];
    const onData = (data: string): void => {
      for (const c of data) {
        if (c === '\u0003') { finish(); process.exit(130); }
        if (ENTER.has(c)) { finish(); resolve(typed.join('')); return; }
        typed = BACK.has(c) ? typed.slice(0, -1) : [...typed, c];
      }
    };
    const finish = (): void => {
      input.off('data', onData);
      input.setRawMode(false);
      input.pause();
      prompt.write('\n');
    };
    input.on('data', onData);
    input.resume();
  });
}
