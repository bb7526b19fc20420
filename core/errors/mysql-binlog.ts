/** Errors of reading a MySQL or MariaDB binlog. Each names the server and, where there is one, the place in the log. */
import { defineError, quoted } from './define.ts';

/** What was asked for is not on the server (any more): purged, reset, another server. */
export const binlogPurged = defineError<{ server: string; wanted: string; has: string | undefined; why: string }>({
  sqlstate: '55000', name: 'binlog-purged', domain: 'external', retry: 'never',
  message: (p) => `the binlog of MySQL at ${quoted(p.server)} no longer has ${p.wanted}`,
  detail: (p) => (p.has === undefined ? `${p.why}.` : `${p.why}. The server still has ${p.has}.`),
  hint: () => "Changes since then cannot be read. Start the job anew, without its old state, with 'scan.startup.mode' = 'initial', which takes a new snapshot; and let the server keep its binlogs longer (binlog_expire_logs_seconds).",
});
export const binlogServerIdTaken = defineError<{ server: string; serverId: number }>({
  sqlstate: '55006', name: 'binlog-server-id-taken', domain: 'user', retry: 'never',
  message: (p) => `another reader has logged in to MySQL at ${quoted(p.server)} with server id ${p.serverId}`,
  detail: () => 'The server allows one reader for each server id and ends the older one.',
  hint: () => "Give each job a 'server-id' of its own, one that no replica or other tool uses (SHOW REPLICAS lists those that are connected), and start this job again.",
});
export const binlogOff = defineError<{ server: string }>({
  sqlstate: '55000', name: 'binlog-off', domain: 'user', retry: 'never', message: (p) => `MySQL at ${quoted(p.server)} writes no binlog`,
  hint: () => 'Start the server with log_bin (and binlog_format = ROW).',
});
/** Something in the log that cannot become rows. */
export const binlogUnsupported = defineError<{ server: string; place: string; what: string; hint: string | undefined }>({
  sqlstate: '0A000', name: 'binlog-unsupported', domain: 'external', retry: 'never',
  message: (p) => `the binlog of MySQL at ${quoted(p.server)} holds ${p.what} at ${p.place}`, hint: (p) => p.hint,
});
/** Bytes that do not add up: checksum, lengths, order. */
export const binlogUnreadable = defineError<{ server: string; place: string; why: string }>({
  sqlstate: 'XX001', name: 'binlog-unreadable', domain: 'external', retry: 'restart',
  message: (p) => `the binlog of MySQL at ${quoted(p.server)} could not be read at ${p.place}`, detail: (p) => `${p.why}.`,
});
/** After a reconnect the log is not the one that was read before. */
export const binlogDiverged = defineError<{ server: string; place: string; why: string }>({
  sqlstate: '40001', name: 'binlog-diverged', domain: 'external', retry: 'restart',
  message: (p) => `the binlog of MySQL at ${quoted(p.server)} differs from what was read before, at ${p.place}`, detail: (p) => `${p.why}.`,
  hint: () => 'The job starts again from its last checkpoint. If this repeats, the server lost transactions in a crash (sync_binlog = 1 prevents it); then take a new snapshot.',
});
export const binlogBadPosition = defineError<{ server: string; position: string; why: string }>({
  sqlstate: '22023', name: 'binlog-bad-position', domain: 'user', retry: 'never',
  message: (p) => `no event of the binlog of MySQL at ${quoted(p.server)} begins at ${p.position}`, detail: (p) => `${p.why}.`,
  hint: () => 'SHOW BINLOG EVENTS IN a file lists where its events begin.',
});
export const gtidSetInvalid = defineError<{ text: string; why: string }>({
  sqlstate: '22023', name: 'gtid-set-invalid', domain: 'user', retry: 'never', message: (p) => `${quoted(p.text)} is not a set of GTIDs`, detail: (p) => `${p.why}.`,
  hint: () => "MySQL: '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7'; MariaDB: '0-1-5,1-1-7'.",
});

export const mysqlBinlogErrors = { binlogPurged, binlogServerIdTaken, binlogOff, binlogUnsupported, binlogUnreadable, binlogDiverged, binlogBadPosition, gtidSetInvalid };
