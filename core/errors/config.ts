/** Errors of settings: file, environment, flags. The command line ends with exit code 2 on each of them. */
import { defineError, didYouMean, quoted } from './define.ts';

export const unknownSetting = defineError<{ where: string; name: string; known: Iterable<string> }>({
  sqlstate: 'F0000', name: 'unknown-setting', domain: 'user', retry: 'never',
  message: (p) => `unknown ${p.where} ${quoted(p.name)}`, hint: (p) => didYouMean(p.name, p.known) ?? 'Run with --help to see all settings.',
});
export const badSetting = defineError<{ where: string; value: string; expected: string }>({
  sqlstate: 'F0000', name: 'bad-setting', domain: 'user', retry: 'never',
  message: (p) => `invalid value ${quoted(p.value)} for ${p.where}`, detail: (p) => `Expected: ${p.expected}.`,
});
export const missingSettingValue = defineError<{ flag: string; expected: string }>({
  sqlstate: 'F0000', name: 'missing-setting-value', domain: 'user', retry: 'never',
  message: (p) => `flag ${quoted(p.flag)} needs a value`, detail: (p) => `Expected: ${p.expected}.`,
});
export const unexpectedArgument = defineError<{ argument: string }>({
  sqlstate: 'F0000', name: 'unexpected-argument', domain: 'user', retry: 'never', message: (p) => `unexpected argument ${quoted(p.argument)}`,
  hint: () => 'Settings are given as --name value; run with --help to see all of them.',
});
export const configFileUnreadable = defineError<{ path: string; why: string }>({
  sqlstate: 'F0000', name: 'config-file-unreadable', domain: 'user', retry: 'never', message: (p) => `could not read configuration file ${quoted(p.path)}: ${p.why}`,
});
export const openHostRefused = defineError<{ host: string }>({
  sqlstate: 'F0000', name: 'open-host-refused', domain: 'user', retry: 'never',
  message: (p) => `refusing to listen on ${quoted(p.host)}: anyone who reaches this address could run any statement`,
  detail: () => 'There are no users, so only loopback addresses are safe.',
  hint: () => 'Make an admin first: rivulet user add NAME --admin, or "users:" in the configuration file; or listen on 127.0.0.1, or accept the risk with --insecure-no-auth.',
});
export const settingNeeds = defineError<{ setting: string; needs: string }>({
  sqlstate: 'F0000', name: 'setting-needs', domain: 'user', retry: 'never', message: (p) => `--${p.setting} needs --${p.needs}`,
});
export const configErrors = { settingNeeds, unknownSetting, badSetting, missingSettingValue, unexpectedArgument, configFileUnreadable, openHostRefused };
