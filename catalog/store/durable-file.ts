/** Small files that hold credentials: readable for their owner only, and after a crash either the old content or the new, never half of one. */
import { chmod, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Resolves when the content is on disk under its name. Rejects with the system's error; the file is then as it was. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const next = `${path}.new`;
  try {
    const file = await open(next, 'w', 0o600);
    try { await file.writeFile(text); await file.sync(); } finally { await file.close(); }
    await chmod(next, 0o600);
    await rename(next, path);
  } catch (error) { await rm(next, { force: true }).catch(() => {}); throw error; }
  const folder = await open(dirname(path), 'r');
  // Some file systems refuse to sync a folder and need no such thing.
  try { await folder.sync().catch(() => {}); } finally { await folder.close(); }
}
