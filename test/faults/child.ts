/** Runs a built bundle in a process of its own, as a host of Lambda does: it is invoked again and again, and may be killed at any moment. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** How an invocation ended. */
export type Invocation =
  | { readonly kind: 'answered'; readonly result: unknown }
  | { readonly kind: 'threw'; readonly error: string }
  /** Its host was killed. */
  | { readonly kind: 'killed' };

export type LogLine = Readonly<Record<string, unknown>>;

export type Host = {
  /** Invokes the function at a time by the host's own clock, in milliseconds from now. */
  invoke(event: unknown, offsetMs?: number): Promise<Invocation>;
  /** Kills the host with SIGKILL, wherever it is. */
  kill(): void;
  /** What it has logged, in order. */
  readonly logs: readonly LogLine[];
  /** Ends the host and waits for its end. */
  stop(): Promise<void>;
};

type Message = { readonly id: number; readonly result?: unknown; readonly error?: string };

const HOST = join(import.meta.dirname, 'host.cjs');

const readLogs = (stream: Readable | null, logs: LogLine[]): void => {
  if (stream === null) {
    throw new Error('The host has no output');
  }
  createInterface(stream).on('line', (line) => {
    if (line.startsWith('{')) {
      logs.push(JSON.parse(line));
    } else {
      process.stderr.write(`host: ${line}\n`);
    }
  });
};

/** Starts a host that has loaded a bundle. */
export const startHost = async (
  bundle: string,
  environment: Readonly<Record<string, string>>,
  offsetMs = 0,
): Promise<Host> => {
  const logs: LogLine[] = [];
  const waiting = new Map<number, (invocation: Invocation) => void>();
  const child: ChildProcess = fork(HOST, [bundle], {
    // Nothing of the environment of the tests: it may hold endpoints, or a profile.
    env: {
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      POWERTOOLS_SERVICE_NAME: 'submit-batch-job',
      HOST_OFFSET_MS: String(offsetMs),
      ...environment,
    },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  readLogs(child.stdout, logs);
  readLogs(child.stderr, logs);
  const ready = Promise.withResolvers<void>();
  child.on('message', ({ id, result, error }: Message) => {
    ready.resolve();
    waiting.get(id)?.(error === undefined ? { kind: 'answered', result } : { kind: 'threw', error });
    waiting.delete(id);
  });
  const ended = once(child, 'exit').then(() => {
    ready.reject(new Error(`The bundle ${bundle} did not load: ${JSON.stringify(logs)}`));
    for (const resolve of waiting.values()) {
      resolve({ kind: 'killed' });
    }
  });
  await ready.promise;

  let invocations = 0;
  return {
    logs,
    invoke: (event, at = offsetMs) =>
      new Promise((resolve) => {
        invocations += 1;
        const id = invocations;
        waiting.set(id, resolve);
        child.send({ id, event, offsetMs: at }, (error) => {
          if (error !== null) {
            waiting.delete(id);
            resolve({ kind: 'killed' });
          }
        });
      }),
    kill: () => void child.kill('SIGKILL'),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
