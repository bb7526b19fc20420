/** CREATE SECRET and ALTER SECRET. Source: RisingWave and Materialize, pages of the same names; the only backend is the server's own. */
import type { Statement } from './ast-statement.ts';
import { QueryParser } from './parse-query.ts';

export abstract class SecretParser extends QueryParser {
  /** Behind `CREATE [OR REPLACE] SECRET`. */
  protected createSecret(orReplace: boolean, start: number): Statement {
    this.hidesTexts = true;
    const ifNotExists = this.ifNotExists(), name = this.identifier('a secret name');
    return { kind: 'createSecret', orReplace, ifNotExists, name, value: this.#value(), range: this.rangeFrom(start) };
  }
  /** Behind `ALTER SECRET`. */
  protected alterSecret(start: number): Statement {
    this.hidesTexts = true;
    const ifExists = this.ifExists(), name = this.identifier('a secret name');
    return { kind: 'alterSecret', ifExists, name, value: this.#value(), range: this.rangeFrom(start) };
  }
  /** `[WITH (backend = 'meta')] AS 'value'`: the clause of RisingWave says where it stores secrets, and changes nothing here. */
  #value(): string {
    if (this.take('WITH')) {
      this.need('(');
      this.need('BACKEND');
      this.need('=');
      if (this.tok.type !== 'string' || this.tok.text !== 'meta') this.fail("'meta'");
      this.string();
      this.need(')');
    }
    this.need('AS');
    return this.string();
  }
}
