/** Character sets and collations of a server, as far as a column's definition follows from them. */

export interface CharacterSet { readonly name: string; readonly collation: string; /** Bytes of the longest character. */ readonly width: number }

export class Collations {
  readonly #sets: ReadonlyMap<string, CharacterSet>;
  /** Collation → character set; those that go with several sets (MariaDB's `uca1400_…`) are missing. */
  readonly #collations: ReadonlyMap<string, string>;
  constructor(sets: readonly CharacterSet[], collations: readonly (readonly [collation: string, charset: string])[]) {
    this.#sets = new Map(sets.map((set) => [set.name, set]));
    this.#collations = new Map(collations);
  }
  /** @returns its default collation; undefined for a set that the server does not know */
  ofCharset(name: string): string | undefined {
    const known = this.#charset(name);
    return known?.collation;
  }
  /** The full name of a collation, given the character set of the place it stands at. */
  named(collation: string, charset: string | undefined): string {
    const lower = collation.toLowerCase();
    if (this.#collations.has(lower)) return lower;
    const renamed = lower.replace(/^utf8_/, 'utf8mb3_'), short = charset === undefined ? undefined : `${charset}_${lower}`;
    return this.#collations.has(renamed) ? renamed : short !== undefined && (this.#collations.has(short) || /^uca1400_/.test(lower)) ? short : lower;
  }
  /** The character set of a collation; by its name where the server does not list it. */
  charsetOf(collation: string): string { return this.#collations.get(collation) ?? collation.split('_')[0]!; }
  width(charset: string): number { return this.#charset(charset)?.width ?? 4; }
  /** `utf8_bin` of `utf8_general_ci`. */
  binary(collation: string): string { const charset = this.charsetOf(collation); return charset === 'binary' ? charset : `${charset}_bin`; }
  /** `utf8` is the old name of `utf8mb3`; a server knows one of them. */
  #charset(name: string): CharacterSet | undefined { const lower = name.toLowerCase(); return this.#sets.get(lower) ?? (lower === 'utf8' ? this.#sets.get('utf8mb3') : lower === 'utf8mb3' ? this.#sets.get('utf8') : undefined); }
}
