#!/usr/bin/env node
/**
 * The entry: lets Node keep compiled code between runs (types stripped, bytecode of what was used), then runs `process.ts`. Measured:
 * a start costs 0.5 s of CPU instead of 1.2, with two workers. Written when a process ends in order, so from its second start on a
 * server profits. Kept under the user's own cache folder, not in a shared temporary one: what lies there is run. Node's variables
 * NODE_COMPILE_CACHE (another folder) and NODE_DISABLE_COMPILE_CACHE=1 (none) hold.
 */
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Worker threads look at the variable only.
process.env['NODE_COMPILE_CACHE'] ??= join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'rivulet', 'code');
enableCompileCache(process.env['NODE_COMPILE_CACHE']);
await import('./process.ts');
