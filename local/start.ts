/**
 * `npm start`: runs the whole suite on this machine. Starts the local AWS, deploys the service,
 * puts sample files, and shows their runs and jobs from the ledger and from AWS Batch.
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
                           show their runs and jobs, and continue until Ctrl-C
npm start -- --once        the same, but end when all files are processed; exit 0 if
                           exactly the expected jobs exist; takes at most
                           9.5 minutes
npm start -- --port 4566   listen on this port; the default is a free one

While it runs, in another terminal:
npm run put -- FILE s3://BUCKET/KEY    put your own file

BREAKAWAY_CONFIG=file.ts   use another configuration than breakaway.config.ts
BREAKAWAY_PYTHON=python3   use this Python (3.10 or newer)`;

const EXIT_INTERRUPTED = 130;

/** A server stops answering a little before its end is reported. */
const BROKEN_NOTICE_MS = 500;

/** Less than ten minutes, after which many build servers end a step without a message. */
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
    throw new LocalAwsError(`--port is '${values.port}', which is not a port number`);
  }
  return { once: values.once === true, ...(port === undefined ? {} : { port }) };
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Resolves at the first signal to end. A second signal has no effect, since npm also passes Ctrl-C
 * on.
 */
const askedToEnd = new Promise<void>((resolve) => {
  for (const signal of SIGNALS) {
    process.on(signal, () => resolve());
  }
  // The reader of the output has closed it.
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
  // Before the installation and the start: a mistake in the configuration is reported at once.
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
    // The end of a server explains more than a refused connection.
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
    // After the demonstration, a signal is the normal end.
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

// Does not wait for pending work. All started processes end with this process.
process.exit(await main());
