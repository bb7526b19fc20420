/**
 * ALTER statements and what each does to a row that is there already, so that the checker can tell which images of a row version are
 * right before and after a statement. A statement carries its number in a comment; the binlog gives it back with the text.
 */
import type { Random } from '../random.ts';
import type { Image } from './tables.ts';
import type { Text } from './values.ts';

export type Step =
  | { readonly kind: 'add'; readonly name: string; readonly type: string; readonly value: Text; /** FIRST, AFTER x or nothing. */ readonly place: string }
  | { readonly kind: 'drop'; readonly name: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  /** A wider type or another place: values stay. */
  | { readonly kind: 'modify'; readonly name: string; readonly type: string; readonly place: string };
export interface Alter { readonly table: string; readonly number: number; readonly steps: readonly Step[] }

const literalOf = (value: Text): string => (value === null ? 'NULL' : /^-?\d+$/.test(value) ? value : `'${value}'`);
function stepSql(step: Step): string {
  switch (step.kind) {
    case 'add': return `ADD COLUMN \`${step.name}\` ${step.type} ${step.value === null ? 'NULL' : `NOT NULL DEFAULT ${literalOf(step.value)}`} ${step.place}`;
    case 'drop': return `DROP COLUMN \`${step.name}\``;
    case 'rename': return `RENAME COLUMN \`${step.from}\` TO \`${step.to}\``;
    case 'modify': return `MODIFY COLUMN \`${step.name}\` ${step.type} ${step.place}`;
  }
}
export const alterSql = (database: string, alter: Alter): string => `ALTER TABLE \`${database}\`.\`${alter.table}\` /* chaos ${alter.number} */ ${alter.steps.map(stepSql).join(', ').trim()}`;
/** The number of the ALTER that a statement of the binlog is, or undefined for another statement. */
export const alterNumber = (sql: string): number | undefined => { const m = /^ALTER TABLE .*\/\* chaos (\d+) \*\//s.exec(sql); return m === null ? undefined : Number(m[1]); };

/** What a row becomes that no statement has written since. */
export function evolve(image: Image, alter: Alter): Image {
  const row = new Map(Object.entries(image));
  for (const step of alter.steps) {
    if (step.kind === 'add') row.set(step.name, step.value);
    else if (step.kind === 'drop') row.delete(step.name);
    else if (step.kind === 'rename') { row.set(step.to, row.get(step.from) ?? null); row.delete(step.from); }
  }
  return Object.fromEntries(row);
}

/** A column an ALTER may work on, as information_schema tells it. */
export interface ExtraColumn { readonly name: string; readonly type: string; readonly nullable: boolean }
const WIDER: Readonly<Record<string, string>> = { tinyint: 'SMALLINT', smallint: 'INT', int: 'BIGINT', 'varchar(20)': 'VARCHAR(60)', 'varchar(60)': 'VARCHAR(300)', 'varchar(300)': 'MEDIUMTEXT' };

/** One to two steps that are possible with the columns there are now; at most eight added columns. */
export function randomAlter(random: Random, table: string, number: number, extras: readonly ExtraColumn[]): Alter {
  const steps: Step[] = [], free = [...extras];
  const place = (): string => random.pick(['', '', 'FIRST', 'AFTER `g`', 'AFTER `id`']);
  const fresh = (prefix: string): string => `${prefix}${number}_${steps.length}`;
  const add = (): void => {
    const text = random.chance(0.5);
    steps.push({ kind: 'add', name: fresh(text ? 'xt' : 'xi'), type: text ? 'VARCHAR(20)' : random.pick(['TINYINT', 'SMALLINT', 'INT']), value: random.chance(0.4) ? null : text ? random.pick(['', 'plain', 'with , comma', 'é']) : String(random.int(100)), place: place() });
  };
  for (let i = random.between(1, 2); i > 0; i--) {
    const column = free.length > 0 ? free.splice(random.int(free.length), 1)[0] : undefined;
    if (column === undefined || extras.length < 3 || random.chance(extras.length < 8 ? 0.25 : 0)) { add(); continue; }
    const wider = WIDER[column.type], kind = random.pick(['drop', 'rename', 'modify', 'move'] as const);
    if (kind === 'drop') steps.push({ kind: 'drop', name: column.name });
    else if (kind === 'rename') steps.push({ kind: 'rename', from: column.name, to: fresh(column.name.slice(0, 2)) });
    else steps.push({ kind: 'modify', name: column.name, type: `${kind === 'modify' && wider !== undefined ? wider : column.type} ${column.nullable ? 'NULL' : 'NOT NULL'}`, place: kind === 'move' ? place() : '' });
  }
  return { table, number, steps };
}
