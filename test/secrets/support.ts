/** Shared by the tests of secrets: a MySQL that only refuses, everything a server has ever said or stored, as texts to look through. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join, relative } from 'node:path';
import { Level } from 'level';
import type { ServerProcess } from '../e2e/server-process.ts';

/** Greets every client with an error packet that holds `text`, as a server or proxy might that repeats what it was sent. */
export async function refusingMySql(text: () => string): Promise<{ port: number; server: Server }> {
  const server = createServer((socket) => {
    const message = Buffer.concat([Buffer.from([0xff, 0x15, 0x04]), Buffer.from(`#28000Access denied: ${text()}`)]), head = Buffer.alloc(4);
    head.writeUIntLE(message.length, 0, 3);
    socket.on('error', () => {}).end(Buffer.concat([head, message]));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { port: (server.address() as { port: number }).port, server };
}

/** What the server can be asked by HTTP without changing anything, of all jobs. */
export async function askEverything(server: ServerProcess): Promise<Map<string, string>> {
  const answers = new Map<string, string>(), get = async (path: string): Promise<string> => {
    const answer = await fetch(server.url(path), { signal: AbortSignal.timeout(5000) }), text = `${JSON.stringify([...answer.headers])} ${await answer.text()}`;
    answers.set(path, text);
    return text;
  };
  const document = JSON.parse((await (await fetch(server.url('/api/v1/openapi.json'))).text())) as { paths: Record<string, Record<string, unknown>> };
  const { jobs } = await (await fetch(server.url('/api/v1/jobs'))).json() as { jobs: { id: string }[] };
  for (const [path, methods] of Object.entries(document.paths)) {
    if (!('get' in methods)) continue;
    if (!path.includes('{')) await get(path);
    else for (const { id } of jobs) await get(path.replace(/\{\w+\}/, id));
  }
  await get('/nowhere');
  return answers;
}

/** Every file under the data directory as text, with its mode; of the databases, every key and value. The server must be down. */
export async function storedTexts(dataDir: string): Promise<Map<string, { text: string; mode: number }>> {
  const out = new Map<string, { text: string; mode: number }>();
  for (const entry of readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) out.set(relative(dataDir, path), { text: readFileSync(path, 'latin1'), mode: statSync(path).mode & 0o777 });
  }
  for (const name of ['catalog', 'state']) {
    const db = new Level<Buffer, Buffer>(join(dataDir, name), { keyEncoding: 'buffer', valueEncoding: 'buffer' });
    let text = '';
    for await (const [key, value] of db.iterator()) text += `${key.toString('latin1')} ${value.toString('utf8')}\n`;
    await db.close();
    out.set(`${name} (entries)`, { text, mode: 0o600 });
  }
  return out;
}
