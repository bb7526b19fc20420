import { MUTATIONS } from './mutations.ts';
import { explore } from './run.ts';
for (const [what, mutation] of MUTATIONS) {
  const { runs, violation } = await explore(1, 2500, mutation);
  console.log(what, runs, violation?.error.message.split('\n')[0]);
}
