/**
 * Addresses that stand in an environment variable, which lists of processes do not show.
 */
import { ConfigError } from '../errors.js';
import { hidden } from '../options/rules.js';

/**
 * Read the address in a variable.
 *
 * @param option the option that names the variable, for errors.
 * @throws ConfigError, which shows no secret.
 */
export function addressVariable<A>(
  name: string,
  option: string,
  read: (text: string, option: string) => A,
): A {
  // An address in its place would be shown, with its password.
  if (!/^[a-z_]\w*$/i.test(name)) {
    throw new ConfigError(option, hidden, 'the name of an environment variable');
  }
  const address = process.env[name];
  if (address === undefined || address === '') {
    throw new ConfigError(option, name, 'an environment variable that is set');
  }
  return read(address, `${option} ${name}`);
}
