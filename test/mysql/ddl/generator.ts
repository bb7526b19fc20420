/** Random CREATE and ALTER TABLE statements that a server may accept or refuse, spelt in the many ways the grammar allows. */

/** Deterministic, for seeds. */
export class Random {
  #state: number;
  constructor(seed: number) { this.#state = seed * 2_654_435_761 >>> 0; }
  next(): number {
    this.#state = this.#state + 0x6d2b79f5 >>> 0;
    let t = Math.imul(this.#state ^ this.#state >>> 15, this.#state | 1);
    t = t + Math.imul(t ^ t >>> 7, t | 61) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 4_294_967_296;
  }
  below(n: number): number { return Math.floor(this.next() * n); }
  pick<T>(list: readonly T[]): T { return list[this.below(list.length)]!; }
  chance(p: number): boolean { return this.next() < p; }
}

const COMMON_TYPES = [
  'TINYINT', 'TINYINT(1)', 'TINYINT(1) UNSIGNED', 'BOOL', 'BOOLEAN', 'SMALLINT UNSIGNED', 'INT2', 'MEDIUMINT(7)', 'MIDDLEINT UNSIGNED', 'INT', 'INTEGER(5)', 'INT ZEROFILL', 'INT(6) UNSIGNED ZEROFILL', 'BIGINT', 'BIGINT(20) UNSIGNED', 'INT8',
  'DECIMAL', 'DEC(12)', 'NUMERIC(38,10)', 'FIXED(65,30) UNSIGNED', 'FLOAT', 'FLOAT(10)', 'FLOAT(30)', 'FLOAT(7,3)', 'DOUBLE', 'DOUBLE PRECISION', 'DOUBLE(8,2)', 'REAL', 'BIT', 'BIT(33)', 'YEAR', 'DATE', 'TIME', 'TIME(3)', 'DATETIME', 'datetime(6)', 'TIMESTAMP NULL', 'TIMESTAMP(2) NULL DEFAULT CURRENT_TIMESTAMP(2) ON UPDATE CURRENT_TIMESTAMP(2)',
  'CHAR', 'CHAR(7)', 'CHARACTER(3) CHARACTER SET utf8mb4', 'CHAR(5) BINARY', 'CHAR(4) ASCII', 'CHAR(3) BYTE', 'NCHAR(6)', 'NATIONAL CHAR VARYING(9)', 'NATIONAL VARCHAR(8)', 'NVARCHAR(5)', 'CHAR VARYING(11)', 'CHARACTER VARYING(12) COLLATE utf8mb4_bin', 'VARCHAR(20)', 'VARCHAR(300) CHARSET latin1', "VARCHAR(10) CHARACTER SET 'utf8mb4' COLLATE utf8mb4_unicode_ci", 'VARCHAR(5) CHARACTER SET binary', 'CHAR(2) CHARSET binary',
  'TINYTEXT', 'TEXT', 'TEXT(100)', 'TEXT(20000)', 'TEXT(70000)', 'MEDIUMTEXT', 'LONGTEXT CHARACTER SET utf8mb4', 'LONG', 'LONG VARCHAR', 'TEXT BINARY', 'TEXT CHARACTER SET binary', 'BINARY(16)', 'VARBINARY(40)', 'TINYBLOB', 'BLOB', 'BLOB(300)', 'BLOB(70000)', 'MEDIUMBLOB', 'LONGBLOB', 'LONG VARBINARY', 'JSON',
  "ENUM('a','b')", "ENUM('x ', 'it''s', \"say \"\"hi\"\"\", 'c,d', ')')", "SET('m','n','o') CHARACTER SET latin1", "ENUM('q') COLLATE utf8mb4_bin", 'GEOMETRY', 'POINT', 'LINESTRING', 'POLYGON', 'MULTIPOINT', 'MULTIPOLYGON', 'GEOMETRYCOLLECTION',
];
const ATTRIBUTES = ['', '', '', 'NOT NULL', 'NULL', "COMMENT 'what, (ever) it''s'", 'DEFAULT NULL', 'NOT NULL COMMENT "two"', '/* NOT NULL */', '/*!50000 NOT NULL */', '/*!99999 NOT NULL */', 'CHECK (1 > 0)'];
const WORDS = ['id', 'Name', 'VALUE', '`order`', '`select`', '`a b`', '`x``y`', '`é`', 'c1', 'c2', 'c3', '2nd', 'status', 'comment', 'type', '`key`', 'date', 'first_one', 'after_all', '`from,to`', 'text', 'enum_col', 'position'];

const isCharset = (clause: string): boolean => /^(ENGINE=InnoDB )?(DEFAULT CHAR|CHARSET|COLLATE|CONVERT)/.test(clause);

export class DdlGenerator {
  readonly types: readonly string[];
  /** The last statement made. */
  last = '';
  readonly #random: Random;
  readonly #isMariaDb: boolean;
  constructor(seed: number, flavor: 'mysql' | 'mariadb') {
    this.#random = new Random(seed);
    this.#isMariaDb = flavor === 'mariadb';
    this.types = [...COMMON_TYPES, ...this.#isMariaDb ? ['UUID', 'INET6', 'INET4', 'VARCHAR(9) COLLATE uca1400_ai_ci CHARACTER SET utf8mb4'].slice(0, 3) : ['VECTOR(4)', 'GEOMCOLLECTION', 'POINT SRID 4326 NULL']];
  }
  create(table: string): string {
    const r = this.#random, names = this.#names(2 + r.below(8)), columns = names.map((name, i) => `${name} ${this.#definition(i === 0 && r.chance(0.3) ? ' PRIMARY KEY' : '')}`);
    if (r.chance(0.4)) columns.push(`${r.pick(['', 'CONSTRAINT ', 'CONSTRAINT pk '])}PRIMARY KEY ${r.pick(['', 'USING BTREE '])}(${names[r.below(names.length)]}${r.pick(['', ' ASC', ' DESC'])})`);
    if (r.chance(0.3)) columns.splice(r.below(columns.length), 0, `KEY some_key (${r.pick(names)})`);
    if (r.chance(0.2)) columns.push(`calculated INT ${r.pick(['AS', 'GENERATED ALWAYS AS'])} (1 + LENGTH('a, (b') * 2) ${r.pick(['', 'VIRTUAL', 'STORED'])}`);
    return this.last = `${r.pick(['CREATE TABLE', 'create /* hi */ table', 'CREATE TABLE IF NOT EXISTS'])} ${table} (${columns.join(', ')}) ${r.pick(['', 'ENGINE=InnoDB', "ENGINE InnoDB COMMENT='t''s'"])} ${r.pick(['', 'DEFAULT CHARSET=utf8mb4', 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin', 'COLLATE = utf8mb4_unicode_ci'])}`;
  }
  /** @param names columns it has */
  alter(table: string, names: readonly string[], hasKey: boolean): string {
    const r = this.#random, own = names.map((n) => `\`${n.replaceAll('`', '``')}\``), left = [...own], clauses = Array.from({ length: 1 + r.below(4) }, () => this.#clause(own, left, hasKey));
    // Servers differ in what two clauses on character sets mean together.
    for (let i = clauses.findIndex(isCharset) + 1; i > 0 && i < clauses.length; i++) if (isCharset(clauses[i]!)) clauses[i] = 'FORCE';
    // A conversion makes odd sizes of TEXT and BLOB columns that the same statement defines.
    if (clauses.some((clause) => clause.includes('CONVERT'))) for (const [i, clause] of clauses.entries()) if (/TEXT|LONG|BLOB/.test(clause)) clauses[i] = 'FORCE';
    if (r.chance(0.05)) clauses.push(`ORDER BY ${own[0]}, ${r.pick(own)} DESC`);
    return this.last = `${r.pick(['ALTER TABLE', 'alter table', '/* note */ ALTER TABLE', '# note\nALTER TABLE'])} ${r.pick([table, `\`${table}\``])} ${clauses.join(', ')}`;
  }
  /** `left`: columns that no clause of the statement is about yet; servers differ in what two clauses on one column mean. */
  #clause(own: readonly string[], left: string[], hasKey: boolean): string {
    const r = this.#random, column = r.pick(['', 'COLUMN ']), [fresh = 'x', other = 'y'] = this.#names(2), one = left.splice(r.below(left.length), 1)[0];
    if (one === undefined) return 'FORCE';
    switch (r.below(hasKey ? 17 : 16)) {
      case 0: case 1: case 2: return `ADD ${column}${fresh} ${this.#definition('')}${this.#position(own)}`;
      case 3: return `ADD ${column}(${fresh} ${this.#definition('')}, ${other} ${this.#definition('')})`;
      case 4: return `DROP ${column}${one}`;
      case 5: case 6: return `MODIFY ${column}${one} ${this.#definition('')}${this.#position(own)}`;
      case 7: case 8: return `CHANGE ${column}${one} ${r.chance(0.5) ? fresh : one} ${this.#definition('')}${this.#position(own)}`;
      case 9: return `RENAME COLUMN ${one} TO ${fresh}`;
      case 10: { const two = left.splice(r.below(left.length), 1)[0]; return two === undefined ? 'FORCE' : `RENAME COLUMN ${one} TO ${two}, RENAME COLUMN ${two} TO ${one}`; }
      case 11: return r.pick(['DEFAULT CHARACTER SET utf8mb4', 'CHARSET = latin1', 'COLLATE utf8mb4_bin', 'ENGINE=InnoDB DEFAULT CHARSET utf8mb4', 'CONVERT TO CHARACTER SET utf8mb4', 'CONVERT TO CHARACTER SET latin1', 'CONVERT TO CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci', 'CONVERT TO CHARACTER SET DEFAULT']);
      case 12: return r.pick([`ADD PRIMARY KEY (${one})`, `ADD CONSTRAINT PRIMARY KEY (${one})`, `ADD INDEX (${one})`, `ADD UNIQUE KEY u (${one})`, 'FORCE', 'ALGORITHM=COPY', `ALTER ${one} SET DEFAULT NULL`, `ALTER COLUMN ${one} DROP DEFAULT`, "COMMENT 'new, one'", 'ADD CHECK (1 < 2)', 'AUTO_INCREMENT 5', 'ROW_FORMAT=DYNAMIC, STATS_PERSISTENT=0']);
      case 13: return `DROP ${column}${one}, ADD ${one} ${this.#definition('')}`;
      case 14: return this.#isMariaDb ? r.pick([`ADD COLUMN IF NOT EXISTS ${one} INT`, 'DROP COLUMN IF EXISTS nothing', `MODIFY COLUMN IF EXISTS ${one} ${this.#definition('')}`, 'CHANGE COLUMN IF EXISTS nothing nowhere INT']) : `ALTER COLUMN ${one} SET INVISIBLE`;
      case 15: return `ADD ${column}${fresh} BIGINT AS (1 + 2) ${r.pick(['VIRTUAL', 'STORED'])} COMMENT 'g'`;
      default: return r.pick(['DROP PRIMARY KEY', `DROP PRIMARY KEY, ADD PRIMARY KEY (${one})`]);
    }
  }
  #definition(more: string): string { const r = this.#random; return `${r.pick(this.types)}${more} ${r.pick(ATTRIBUTES)}`; }
  #position(own: readonly string[]): string { return this.#random.pick(['', '', ' FIRST', ` AFTER ${this.#random.pick(own)}`]); }
  #names(count: number): string[] {
    const found = new Set<string>();
    while (found.size < count) found.add(this.#random.pick(WORDS));
    return [...found];
  }
}
