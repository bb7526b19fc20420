/**
 * Mistakes that a test build can be told to make (`RIVULET_TEST_BUILD=1 RIVULET_TEST_DEFECT=…`), so that the tests that look for lost and
 * doubled rows show that they find some. Each is asked for where a process starts or a checkpoint ends, never per row.
 */
export const DEFECTS = [
  /** A restored source passes over the record its position names. */ 'skipped-record',
  /** A restored source reads the record before its position again. */ 'repeated-record',
  /** Operators of a restored job begin with empty state. */ 'forgotten-state',
  /** A restart leaves what the checkpoint has prepared to be aborted. */ 'unfinished-commit',
  /** The rows of a checkpoint are committed before it is durable. */ 'early-commit',
] as const;
export type Defect = (typeof DEFECTS)[number];

const wanted = process.env['RIVULET_TEST_BUILD'] === '1' ? process.env['RIVULET_TEST_DEFECT'] : undefined;
export const hasDefect = (name: Defect): boolean => name === wanted;
