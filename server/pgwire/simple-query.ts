/** The simple query protocol: one message with any number of statements, one answer for each, the first error ends the rest. */
import type { StatementResult } from '../gateway/contract.ts';
import { endEarly, nextUnlessAborted } from '../streams/abortable.ts';
import type { Channel } from './channel.ts';
import { bare, commandComplete, rowDescription } from './messages.ts';
import { completionTag, RowStream } from './rows.ts';

/** Answers a Query message up to, not including, ReadyForQuery. Never throws for a statement's error. */
export function runSimpleQuery(channel: Channel, text: string): Promise<void> {
  return channel.cancellable(async (signal) => {
    const results = channel.session.execute(text, channel.options(signal))[Symbol.asyncIterator]();
    let isEmpty = true;
    try {
      for (;;) {
        const next = await nextUnlessAborted(results, signal, channel.limits.abortGraceMs);
        if (next.done === true) break;
        isEmpty = false;
        await sendResult(channel, next.value, signal);
      }
      if (isEmpty) bare(channel.writer.out, 'empty');
    } catch (error) {
      await endEarly(results, channel.limits.abortGraceMs);
      channel.sendError(error, text, signal);
    }
  });
}

async function sendResult(channel: Channel, result: StatementResult, signal: AbortSignal): Promise<void> {
  const { writer } = channel;
  if (result.kind === 'empty') bare(writer.out, 'empty');
  else if (result.kind === 'done') commandComplete(writer.out, result.tag);
  else {
    const rows = new RowStream(result, [], channel.zone);
    try {
      if (result.copy === undefined) rowDescription(writer.out, result.columns, []);
      const { count } = await rows.send(writer, channel.limits, 0, signal);
      commandComplete(writer.out, completionTag(result.tag, count));
    } catch (error) {
      await rows.close(channel.limits.abortGraceMs);
      throw error;
    }
  }
}
