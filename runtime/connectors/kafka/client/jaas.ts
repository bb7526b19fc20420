/**
 * Reads the one line of `sasl.jaas.config`: `LoginModuleClass flag key="value" key=value …;` (JAAS configuration file syntax as the
 * Kafka client accepts it). Both the plain class names and those relocated by Flink's SQL jar and by Alibaba's VVR are known: only the
 * end of the name counts.
 */
import { kafkaBadProperty } from '../../../../core/errors/kafka.ts';

const PROPERTY = 'sasl.jaas.config';

/** User name and password for the mechanism. Throws kafkaBadProperty; its text never holds the value, which is a secret. */
export function parseJaas(line: string, mechanism: string): { username: string; password: string } {
  const module = /^\s*([\w.$]+)\s+(required|requisite|sufficient|optional)\b/i.exec(line);
  const wanted = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule';
  if (module === null) throw kafkaBadProperty({ property: PROPERTY, why: "does not begin with a login module and 'required'" });
  const name = module[1] ?? '';
  if (!name.endsWith(`.kafka.common.security.${wanted}`)) {
    throw kafkaBadProperty({ property: PROPERTY, why: `names the login module '${name.slice(0, 150)}'`, fix: `For ${mechanism} it must be org.apache.kafka.common.security.${wanted}.` });
  }
  const options = new Map<string, string>();
  const pair = /\s*(?:([\w.-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s;"']+))|(;)\s*$)/sy;
  pair.lastIndex = module[0].length;
  for (;;) {
    if (/^\s*$/.test(line.slice(pair.lastIndex))) throw kafkaBadProperty({ property: PROPERTY, why: "does not end with ';'" });
    const at = pair.lastIndex;
    const m = pair.exec(line);
    if (m === null) throw kafkaBadProperty({ property: PROPERTY, why: `cannot be read after character ${at}`, fix: 'Expected is key="value" or the final semicolon.' });
    if (m[5] !== undefined) break;
    const quotedValue = m[2] ?? m[3];
    options.set(m[1] ?? '', quotedValue === undefined ? m[4] ?? '' : quotedValue.replace(/\\(.)/gs, '$1'));
  }
  const username = options.get('username'), password = options.get('password');
  if (username === undefined || password === undefined) throw kafkaBadProperty({ property: PROPERTY, why: `has no ${username === undefined ? 'username' : 'password'}` });
  return { username, password };
}
