/**
 * `npm start`: the whole suite on this machine. Starts the local AWS, deploys to it, puts sample files, and shows what comes of them.
 *
 * What it shows is read from the ledger and from AWS Batch.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ConfigurationError, loadConfiguration } from '../configuration/load.ts';
import { demonstrate } from './demonstrate.ts';
import { startLocalAws } from './local-aws.ts';
import { LocalAwsError } from './local-aws-error.ts';
import { deadline } from './process/deadline.ts';
import { claimSingleInstance } from './process/running-instance.ts';
import { red, say, sayError, yellow } from './terminal.ts';

const HELP = `npm start                  start the local AWS, deploy the service, put sample files,
                           show what comes of them, and go on until Ctrl-C
npm start -- --once        the same, but end as soon as all is handled; exit 0 if
                           exactly the jobs that should exist do; it takes
                           9.5 minutes at most
npm start -- --port 4566   listen on this port; by default on a free one

While it runs, in another terminal:
npm run put -- FILE s3://BUCKET/KEY    put a file of your own

BREAKAWAY_CONFIG=file.ts   use another configuration than breakaway.config.ts
BREAKAWAY_PYTHON=python3   use this Python (3.10 or newer)`;

const EXIT_INTERRUPTED = 130;

/** A server's end is known a little later than that it does not answer. */
const BROKEN_NOTICE_MS = 500;

/** Less than the ten minutes after which many a build server ends what runs, and says nothing. */
const ONCE_MINUTES = 9.5;

type Options = { readonly once: boolean; readonly port?: number };

const readOptions = (): Options | 'help' => {
  const options = { help: { type: 'boolean' }, once: { type: 'boolean' }, port: { type: 'string' } } as const;
  const { values } = (() => {
    try {
      return parseArgs({ options });
    } catch (error) {
      throw new LocalAwsError(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    }
  })();
  if (values.help === true) {
    return 'help';
  }
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw new LocalAwsError(`--port is '${values.port}', which is no port number`);
  }
  return { once: values.once === true, ...(port === undefined ? {} : { port }) };
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves when a person or the system asks for the end; a second time changes nothing, since npm passes Ctrl-C on too. */
const askedToEnd = new Promise<void>((resolve) => {
  for (const signal of SIGNALS) {
    process.on(signal, () => resolve());
  }
  // Whoever read this has gone.
  process.stdout.on('error', () => resolve());
  process.stderr.on('error', () => resolve());
});

const sayEnding = (): void => {
  say('');
  say('Ending ...');
};

const run = async (options: Options): Promise<number> => {
  if (!options.once) {
    claimSingleInstance();
  }
  // Before anything is installed or started: a mistake in the configuration is told at once.
  const { configuration, warnings } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
  for (const warning of warnings) {
    say(yellow(`Warning: ${warning}`));
  }
  const ended = askedToEnd.then(() => 'ended' as const);
  const overdue = options.once ? [deadline(ONCE_MINUTES, 'npm start -- --once')] : [];
  const starting = startLocalAws({
    name: options.once ? 'once' : 'start',
    say,
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  const aws = await Promise.race([starting, ended, ...overdue]);
  if (aws === 'ended') {
    sayEnding();
    return EXIT_INTERRUPTED;
  }
  const showing = demonstrate(aws, configuration, options.once).catch(async (error: unknown) => {
    // If a server has ended, that says more than a refused connection.
    const reason = await Promise.race([aws.broken, sleep(BROKEN_NOTICE_MS)]);
    throw reason ?? error;
  });
  const broken = aws.broken.then((error) => {
    throw error;
  });
  try {
    const shown = await Promise.race([showing, broken, ended, ...overdue]);
    if (shown === 'ended') {
      sayEnding();
      return EXIT_INTERRUPTED;
    }
    if (options.once) {
      return shown.isRight ? 0 : 1;
    }
    await Promise.race([shown.follow(), broken, ended]);
    sayEnding();
    // Once all was shown, to be ended is how it usually ends.
    return 0;
  } finally {
    showing.catch(() => undefined);
    await aws.stop();
  }
};

const main = async (): Promise<number> => {
  try {
    const options = readOptions();
    if (options === 'help') {
      say(HELP);
      return 0;
    }
    return await run(options);
  } catch (error) {
    const isKnown = error instanceof LocalAwsError || error instanceof ConfigurationError;
    sayError('');
    sayError(red(isKnown ? error.message : `npm start failed: ${error instanceof Error ? error.stack : error}`));
    return 1;
  }
};

// Whatever is still under way is not waited for; what it started is ended with this process.
process.exit(await main());
