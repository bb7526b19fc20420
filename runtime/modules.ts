/**
 * Where the modules stand that are started by path instead of being imported: beside this file, as sources or in the bundle
 * (`tools/build`), which keeps them beside it too.
 */

/** What worker threads run, and the registry they import. */
export type StartedModule = 'worker' | 'registry';
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
export const moduleUrl = (name: StartedModule): URL => new URL(`./${name}${extension}`, import.meta.url);
