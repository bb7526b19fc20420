/**
 * Statement texts as they may be kept and shown: in `'key' = 'value'` (WITH clauses, OPTIONS hints, SET) the value of a key that names a
 * secret is masked, references to secrets stay; CREATE and ALTER SECRET lose their value, CREATE and ALTER USER what stands behind PASSWORD.
 * By tokens, so that quotes, comments and line breaks do not matter.
 */
import { isSecretKey, maskOption, maskUrl } from '../../catalog/options/secrets.ts';
import { Lexer, type Token } from './lexer.ts';

const MASKED = `'******'`;

export function maskStatement(sql: string): string {
  const lexer = new Lexer(sql);
  let out = '', done = 0, key: Token | undefined, equals = false, before = '', isSecret = false, isPassword = false;
  for (let token = lexer.next(); token.type !== 'end'; token = lexer.next()) {
    if (token.word === 'SECRET' && (before === 'CREATE' || before === 'ALTER' || before === 'REPLACE')) isSecret = true;
    else if (token.word === ';') isSecret = false;
    before = token.word;
    // A string that is never closed is the rest of the text.
    const isHidden: boolean = isSecret || isPassword, isText: boolean = token.type === 'string' || (isHidden && token.type === 'bad');
    if (isText && ((key !== undefined && equals) || isHidden)) {
      out += sql.slice(done, token.start) + (key !== undefined && equals && !isPassword ? valueOf(sql, key, token) : MASKED);
      done = token.end;
    }
    // Strings one after another are one string.
    isPassword = token.word === 'PASSWORD' || (isPassword && isText);
    if (token.type === 'symbol' && token.word === '=' && key !== undefined) { equals = true; continue; }
    key = token.type === 'string' && !equals ? token : undefined;
    equals = false;
  }
  return out + sql.slice(done);
}
const valueOf = (sql: string, key: Token, token: Token): string => (isSecretKey(key.text) ? `'${maskOption(key.text, token.text).replaceAll("'", "''")}'` : maskUrl(sql.slice(token.start, token.end)));
