/**
 * CREATE, ALTER and DROP of users. Source: PostgreSQL "CREATE ROLE", with Rivulet's two roles: ADMIN (SUPERUSER) and READ ONLY (NOSUPERUSER).
 * Words of PostgreSQL that say what is so anyway are taken, as its tools send them; words that would promise more are not.
 */
import type { AlterUser, CreateUser, DropUser, UserOptions, UserRole } from './ast-statement.ts';
import type { Identifier } from './ast.ts';
import { SecretParser } from './parse-secret.ts';

/** True of every user here. */
const IDLE = ['LOGIN', 'NOCREATEDB', 'NOCREATEROLE', 'NOREPLICATION', 'NOBYPASSRLS', 'INHERIT', 'NOINHERIT'] as const;

export abstract class UserParser extends SecretParser {
  /** At USER or ROLE, behind CREATE. */
  protected createUser(start: number): CreateUser {
    this.#begin();
    const ifNotExists = this.ifNotExists(), name = this.#name();
    return { kind: 'createUser', ifNotExists, name, ...this.#options(), range: this.rangeFrom(start) };
  }
  protected alterUser(start: number): AlterUser {
    this.#begin();
    const ifExists = this.ifExists(), name = this.takeOne(['CURRENT_USER', 'CURRENT_ROLE', 'SESSION_USER', 'USER'] as const) === undefined ? this.#name() : undefined;
    if (this.atStatementEnd) this.fail('ADMIN, READ ONLY or PASSWORD');
    return { kind: 'alterUser', ifExists, name, ...this.#options(), range: this.rangeFrom(start) };
  }
  protected dropUser(start: number): DropUser {
    this.next();
    const ifExists = this.ifExists(), names = this.list(() => this.#name());
    return { kind: 'dropUser', ifExists, names, range: this.rangeFrom(start) };
  }
  protected get atUser(): boolean { return this.at('USER') || this.at('ROLE'); }

  /** From here on a text in quotes may be a password, also where it stands wrong. */
  #begin(): void {
    this.next();
    this.hidesTexts = true;
  }
  #name(): Identifier { return this.identifier('a user name'); }
  #options(): UserOptions {
    let role: UserRole | undefined, password: string | null | undefined;
    this.take('WITH');
    while (!this.atStatementEnd) {
      if (this.takeOne(['ADMIN', 'SUPERUSER'] as const) !== undefined) role = 'admin';
      else if (this.takeWords('READ', 'ONLY') || this.take('NOSUPERUSER')) role = 'read-only';
      else if (this.take('PASSWORD') || this.takeWords('ENCRYPTED', 'PASSWORD')) password = this.take('NULL') ? null : this.string("a password in '…'");
      else if (this.takeOne(IDLE) === undefined) this.fail('ADMIN, READ ONLY or PASSWORD');
    }
    return { role, password };
  }
}
