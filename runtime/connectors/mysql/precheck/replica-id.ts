/** The ids under which server and reader log in as replicas: each may be used once in a replication topology. */
import { RivuletError } from '../../../../core/errors/define.ts';
import { fail, pass, skipped, warn, type CheckItem } from '../../../pipelines/check-item.ts';
import { readersStatement } from '../binlog/facts.ts';
import { textOf, type SourceCheck } from './contract.ts';

export const checkServerId: SourceCheck = async (look): Promise<CheckItem[]> => {
  const own = Number(look.variable('server_id') ?? 0), items: CheckItem[] = [];
  items.push(own > 0 ? pass('server id', `The server's is ${own}.`) : fail('server id', 'The server has none (server_id is 0), so it serves no reader of its binlog.', 'SET GLOBAL server_id = 1, and server_id=1 in the server\'s configuration.'));
  const { serverIds } = look.spec;
  if (serverIds === null) return [...items, pass("the reader's id", 'One at random, above 1000000000.')];
  const [first, last] = serverIds, range = first === last ? String(first) : `${first}-${last}`;
  if (own >= first && own <= last && first === last) return [...items, fail("the reader's id", `'server-id' ${range} is the server's own.`, "Choose another 'server-id'.")];
  const rows = await look.ask(readersStatement(look.facts), 'list its readers');
  if (rows instanceof RivuletError) return [...items, skipped("the reader's id", 'The readers that are connected could not be listed.', "Make sure that no other replica or tool uses the same 'server-id'.")];
  const taken = new Set([own, ...rows.map((row) => Number(textOf(row[0])))]), size = last - first + 1, free = size - [...taken].filter((id) => id >= first && id <= last).length;
  if (free > 0) return [...items, pass("the reader's id", free === size ? `${range} is free.` : `${free} of the ${size} in ${range} ${free === 1 ? 'is' : 'are'} free.`)];
  const detail = `Of 'server-id' ${range} ${size === 1 ? 'the only id' : 'every id'} is used by a reader that is connected.`, fix = "Choose another 'server-id', or stop the other reader: the server ends the older of two with one id.";
  return [...items, look.resumes ? warn("the reader's id", detail, fix) : fail("the reader's id", detail, fix)];
};
