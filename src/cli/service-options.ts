/**
 * Options that the commands with a service have in common: where it listens, whom it answers, and how large bodies
 * may be.
 */
import { constants } from 'node:buffer';
import { type Command, Option } from 'commander';
import { address, hostNames, origins, token, wholeNumber } from './option-values.js';

/** The longest interval that a flow takes. */
export const maxMs = 3_600_000;
export const mebibyte = 2 ** 20;
/** The largest number of milliseconds, and of bytes held, that the service takes. */
export const maxLimit = 2 ** 31 - 1;

export interface AddressSettings {
  port: number;
  host: string;
  allowHost: string[];
  allowOrigin: string[];
  token?: string;
}

export function addAddressOptions(command: Command, port: number): Command {
  return command
    .option('--port <number>', 'port to listen on; 0 takes a free one', wholeNumber(0, 65_535), port)
    .option('--host <address>', 'address to listen on', address, '127.0.0.1')
    .option(
      '--allow-host <name>',
      'a host name to answer to without a token; repeat it for more',
      hostNames,
      [],
    )
    .option(
      '--allow-origin <origin>',
      'an origin whose web pages may use the service; repeat it for more',
      origins,
      [],
    )
    .addOption(
      new Option('--token <token>', 'clients must send it as "Authorization: Bearer <token>"')
        .env('BATCHFLOW_TOKEN')
        .argParser(token),
    );
}

export function addBodyOptions(command: Command, maxLineBytes: number): Command {
  return command
    .option(
      '--max-line-bytes <bytes>',
      'longest line of NDJSON',
      wholeNumber(1, constants.MAX_STRING_LENGTH),
      maxLineBytes,
    )
    .option(
      '--body-limit-bytes <bytes>',
      'longest JSON body, unpacked',
      wholeNumber(1, constants.MAX_STRING_LENGTH),
      8 * mebibyte,
    )
    .option(
      '--client-timeout-ms <ms>',
      'how long a client may stop sending in the midst of a body',
      wholeNumber(1, maxMs),
      60_000,
    )
    .option(
      '--max-buffered-bytes <bytes>',
      'memory for unfinished lines and JSON bodies of all requests',
      wholeNumber(1, maxLimit),
      64 * mebibyte,
    );
}
