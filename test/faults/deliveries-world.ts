/**
 * A world in virtual time, in which a provider delivers, overwrites and deletes, and everything between it and the job goes wrong, by a seed.
 *
 * The real code of `shared/runs` runs over a ledger in memory and a stub of S3 that changes between pages, between slots and between `HEAD` and `LIST`. The world
 * knows **writes**: each PUT has a number of its own, also where its bytes, ETag and size are those of another. Rules of the design can be taken away, to see that the
 * checks notice it.
 */
import type { Feed } from '../../shared/feeds/feed.ts';
import { createMatcher } from '../../shared/feeds/match-feeds.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { unpackDocument } from '../../shared/runs/claim-document.ts';
import { createEvaluateRun } from '../../shared/runs/evaluate-run.ts';
import type { JobState } from '../../shared/runs/job-observation.ts';
import { LISTING_TAG } from '../../shared/runs/job-request.ts';
import type { Item } from '../../shared/aws/table.ts';
import type { Ledger } from '../../shared/runs/ledger.ts';
import type { ListedFile, StoredObject } from '../../shared/runs/listing.ts';
import { filesOfManifest } from '../../shared/runs/listing.ts';
import type { ObjectStore } from '../../shared/runs/observe-run.ts';
import type { Outcome } from '../../shared/runs/outcome.ts';
import type { JobRequest } from '../../shared/runs/run.ts';
import { createTouchAndEvaluate, createTouchRuns, type EvaluationRequest } from '../../shared/runs/touch-runs.ts';
import { createTrackJob } from '../../shared/runs/track-job.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { CURRENT, runOf } from '../../shared/aws/ledger-items.ts';
import { createMemoryTable } from '../support/memory-table.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

/** A small generator of numbers from 0 to 1, so that a seed tells the whole story. */
export const createRandom = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** A write of an object. */
export type Write = StoredObject & { readonly bucket: string; readonly write: number; readonly at: number };

/** A change of S3: a write, or the key that is gone. */
export type LogEntry = { readonly at: number; readonly uri: string; readonly write?: Write };

export type WorldJob = {
  readonly id: string;
  readonly request: JobRequest;
  readonly files: readonly (ListedFile & { readonly write: number })[];
  /** When the evaluation that listed them began and ended to ask S3. */
  readonly from: number;
  readonly to: number;
  readonly acceptedAt: number;
  readonly endedAt: number;
};

export type Faults = {
  /** Of 1,000 waits, at how many the worker dies. */
  readonly deaths: number;
  /** Of 100 writes to the ledger, how many answers are lost. */
  readonly lostAnswers: number;
  readonly throttles: number;
  readonly ambiguous: number;
  /** Of 100 events, how many never come. */
  readonly lostEvents: number;
  /** Of 100 messages of `runs`, how many never come. */
  readonly lostMessages: number;
  readonly delayMaxMs: number;
  readonly skewMs: number;
  readonly pageSize: number;
  readonly pageMs: number;
  readonly search: boolean;
};

/** Changes to the ports that take a rule of the design away. */
export type Ablation = {
  readonly store?: (store: ObjectStore) => ObjectStore;
  readonly ledger?: (ledger: Ledger) => Ledger;
};

type Life = { dead: boolean };

export const EPOCH = Date.parse('2026-11-22T03:00:00.000Z');
const VISIBILITY_MS = 3 * MINUTE;
const MAX_RECEIVES = 5;

export const createDeliveriesWorld = (
  seed: number,
  feeds: readonly Feed[],
  faults: Faults,
  {
    ablation = {},
    tableAgeMs = 30 * 24 * 60 * MINUTE,
  }: { readonly ablation?: Ablation; readonly tableAgeMs?: number } = {},
) => {
  const random = createRandom(seed);
  const chance = (percent: number): boolean => random() * 100 < percent;
  const upTo = (ms: number): number => Math.floor(random() * ms);

  let clock = 0;
  let order = 0;
  // Kept sorted by time: a heap would be faster, and harder to read.
  const events: { at: number; order: number; fire: () => void }[] = [];
  const schedule = (inMs: number, fire: () => void): void => {
    order += 1;
    const event = { at: clock + Math.max(0, inMs), order, fire };
    let [low, high] = [0, events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = events[middle];
      if (other !== undefined && (other.at < event.at || (other.at === event.at && other.order < event.order)))
        low = middle + 1;
      else high = middle;
    }
    events.splice(low, 0, event);
  };
  const instant = (): Date => new Date(EPOCH + clock);

  // S3.
  const objects = new Map<string, Write>();
  const log: LogEntry[] = [];
  let writes = 0;
  const s3Clock = (): number => Math.floor((EPOCH + clock + (random() * 2 - 1) * faults.skewMs) / SECOND) * SECOND;

  const life = (): Life => ({ dead: false });
  /** Makes a call take time, and be the moment at which its worker may die. */
  const call = <Result>(
    worker: Life,
    effect: () => Result,
    { ms = 20, mayLose = 0, atLeast = 0 } = {},
  ): Promise<Result> =>
    new Promise((resolve, reject) => {
      const wait = (next: () => void, longest: number): void => {
        if (worker.dead) return;
        if (random() * 1000 < faults.deaths) {
          worker.dead = true;
          return;
        }
        schedule(1 + atLeast + upTo(longest), next);
      };
      wait(() => {
        let result: Result;
        try {
          result = effect();
        } catch (error) {
          wait(() => reject(error), ms);
          return;
        }
        wait(() => (chance(mayLose) ? reject(new Error('the answer was lost')) : resolve(result)), ms);
      }, ms);
    });

  const storeOf = (worker: Life, asked: { from: number; to: number }): ObjectStore => {
    const store: ObjectStore = {
      head: async (bucket, key) => {
        asked.from = Math.min(asked.from, clock);
        const answer = await call(worker, () => ({
          object: objects.get(`s3://${bucket}/${key}`),
          at: new Date(s3Clock()),
        }));
        asked.to = clock;
        return answer.object === undefined ? { at: answer.at } : { object: answer.object, at: answer.at };
      },
      list: async function* (bucket, prefix) {
        asked.from = Math.min(asked.from, clock);
        let after = '';
        for (;;) {
          const page = await call(
            worker,
            () =>
              [...objects.values()]
                .filter((object) => object.bucket === bucket && object.key.startsWith(prefix) && object.key > after)
                .sort((one, other) => (one.key < other.key ? -1 : 1))
                .slice(0, faults.pageSize)
                .map(({ versionId: _, ...object }) => object),
            { ms: faults.pageMs },
          );
          asked.to = clock;
          yield { objects: page, at: new Date(s3Clock()) };
          if (page.length < faults.pageSize) return;
          after = page.at(-1)?.key ?? '';
        }
      },
    };
    return ablation.store?.(store) ?? store;
  };

  // The ledger.
  const table = createMemoryTable();
  const memory = createLedger({ tableName: 'ledger' }, table);
  const runs = () => [...table.items.values()].filter(({ sk }) => sk === CURRENT).map(runOf);
  const runOfKey = (key: RunKey) => runs().find((run) => runKeyId(run.key) === runKeyId(key));
  let tableCreatedAt = new Date(EPOCH - tableAgeMs);
  let isDown = false;
  const ledgerOf = (worker: Life): Ledger => {
    const ledger = ablation.ledger?.(memory) ?? memory;
    const slow =
      <Arguments extends unknown[], Result>(method: (...args: Arguments) => Promise<Result>) =>
      async (...args: Arguments): Promise<Result> => {
        const pending = await call(
          worker,
          () => {
            if (isDown) throw new Error('the table is being restored');
            return method(...args);
          },
          { mayLose: faults.lostAnswers },
        );
        return pending;
      };
    return {
      touch: slow(ledger.touch),
      open: slow(ledger.open),
      begin: slow(ledger.begin),
      read: slow(ledger.read),
      note: slow(ledger.note),
      claim: slow(ledger.claim),
      takeOver: slow(ledger.takeOver),
      release: slow(ledger.release),
      noteEmptyLookup: slow(ledger.noteEmptyLookup),
      recordSubmission: slow(ledger.recordSubmission),
      recordRefusal: slow(ledger.recordRefusal),
      recordJob: slow(ledger.recordJob),
      recordProgress: slow(ledger.recordProgress),
      noteUnknownJob: slow(ledger.noteUnknownJob),
      watchedRuns: slow(ledger.watchedRuns),
      watchAgain: slow(ledger.watchAgain),
      runOfJob: slow(ledger.runOfJob),
      dueRuns: slow(ledger.dueRuns),
    };
  };

  // AWS Batch.
  const jobs: WorldJob[] = [];
  const documents = new Map<string, string | Uint8Array>();
  const askedBy = new Map<string, { from: number; to: number }>();
  const stepsSeen: string[] = [];
  const alerts: { readonly at: number; readonly kind: string; readonly subject: string; readonly body: string }[] = [];
  const openAlerts = new Set<string>();
  const outcomes: Outcome[] = [];
  /** Everything that was decided, with its time. */
  const told: { readonly at: number; readonly [field: string]: unknown }[] = [];

  /** Which writes a job was given: by key, ETag, size and time, the newest that fits and was there when S3 was asked. */
  const writesOf = (files: readonly ListedFile[], to: number) =>
    files.map((file) => {
      const uri = `s3://${file.bucket}/${file.key}`;
      const fits = log.findLast(
        ({ at, uri: other, write }) =>
          other === uri &&
          at <= to &&
          write?.etag === file.etag &&
          write.sizeBytes === file.sizeBytes &&
          write.lastModified.getTime() === file.lastModified.getTime(),
      );
      return { ...file, write: fits?.write?.write ?? -1 };
    });

  const filesOfRequest = (run: RunKey, request: JobRequest): readonly ListedFile[] => {
    const uri = request.tags?.['breakaway:manifest'];
    const lines = uri === undefined ? undefined : documents.get(uri.replace('s3://suite/', ''));
    if (lines !== undefined) return filesOfManifest(Buffer.from(lines).toString('utf8'));
    const document = runOfKey(run)?.document;
    return document?.kind === 'inline' ? (unpackDocument(document.data).files ?? []) : [];
  };

  const accept = (request: JobRequest): string => {
    const owner = runByJobName(request.jobName);
    const digest = request.tags?.[LISTING_TAG] ?? '';
    const asked = askedBy.get(digest) ?? { from: 0, to: clock };
    const files = owner === undefined ? [] : filesOfRequest(owner.run, request);
    const ms = 5 * SECOND + upTo(200 * SECOND);
    const job: WorldJob = {
      id: `job-${jobs.length + 1}`,
      request,
      files: writesOf(files, asked.to),
      ...asked,
      acceptedAt: clock,
      endedAt: clock + ms,
    };
    jobs.push(job);
    for (const [state, at] of [
      ['running', ms / 2],
      ['succeeded', ms],
    ] as const) {
      const times = chance(5) ? 2 : 1;
      for (let time = 0; time < times; time += 1) {
        schedule(at + upTo(faults.delayMaxMs), () => deliverJobEvent(job, state));
      }
    }
    return job.id;
  };

  const names = new Map<string, { run: RunKey; generation: number }>();
  const runByJobName = (name: string) => names.get(name);

  const observationOf = (job: WorldJob, state: JobState) => ({
    jobId: job.id,
    state,
    attempts: 1,
    submittedAt: new Date(EPOCH + job.acceptedAt),
    ...(state === 'succeeded' ? { stoppedAt: new Date(EPOCH + job.endedAt) } : {}),
  });

  // Workers.
  const byName = new Map(feeds.map((feed) => [feed.name, feed]));
  const match = createMatcher(feeds);

  type Message = { readonly fire: (worker: Life) => Promise<void>; receives: number };
  let deadLetters = 0;

  const receive = (message: Message): void => {
    const worker = life();
    message.receives += 1;
    let isDone = false;
    message.fire(worker).then(
      () => {
        isDone = true;
      },
      () => {},
    );
    schedule(VISIBILITY_MS, () => {
      if (isDone) return;
      worker.dead = true;
      if (message.receives < MAX_RECEIVES) receive(message);
      else deadLetters += 1;
    });
  };

  const portsOf = (worker: Life) => {
    const asked = { from: Number.POSITIVE_INFINITY, to: 0 };
    const ledger = ledgerOf(worker);
    return {
      ledger: {
        ...ledger,
        claim: (async (run, claim, signal) => {
          askedBy.set(claim.judged.listing, { ...asked });
          names.set(claim.claim.jobName, { run: run.key, generation: claim.generation });
          return ledger.claim(run, claim, signal);
        }) satisfies Ledger['claim'],
      },
      store: storeOf(worker, asked),
      jobQueues: {
        submit: async (request: JobRequest) => {
          if (chance(faults.throttles)) {
            return call(worker, () => ({ kind: 'unsent' as const, error: new Error('TooManyRequestsException') }));
          }
          if (chance(faults.ambiguous)) {
            const late = chance(50);
            return call(worker, () => {
              if (late) accept(request);
              return { kind: 'ambiguous' as const, error: new Error('timeout') };
            });
          }
          return call(worker, () => ({ kind: 'accepted' as const, jobId: accept(request) }));
        },
        find: (_queue: string, name: string) =>
          call(worker, () =>
            jobs
              .filter(({ request, acceptedAt }) => request.jobName === name && acceptedAt < clock - upTo(15 * SECOND))
              .map(({ id, acceptedAt }) => ({ jobId: id, createdAt: new Date(EPOCH + acceptedAt) })),
          ),
        tagsOf: (id: string) => call(worker, () => jobs.find((job) => job.id === id)?.request.tags ?? {}),
      },
      documents: {
        put: (key: string, body: Uint8Array | string) =>
          call(worker, () => {
            documents.set(key, body);
            return `s3://suite/${key}`;
          }),
        get: (key: string) =>
          call(worker, () => {
            const body = documents.get(key);
            return body === undefined ? undefined : Buffer.from(body);
          }),
        keyOf: (uri: string) => uri.replace('s3://suite/', ''),
      },
      openAlert: (alert: { kind: string; subject: string; body: string }) =>
        call(worker, () => {
          const id = `${alert.kind}#${alert.subject}`;
          if (!openAlerts.has(id)) alerts.push({ at: clock, ...alert });
          openAlerts.add(id);
        }),
      closeAlert: (alert: { kind: string; subject: string }) =>
        call(worker, () => {
          openAlerts.delete(`${alert.kind}#${alert.subject}`);
        }),
      deniedSince: async () => instant(),
      tableCreatedAt: async () => tableCreatedAt,
      pausedUntil: async () => undefined,
      admit: async () => true,
      pause: (ms: number) => call(worker, () => undefined, { atLeast: ms }),
      now: instant,
      onStep: (step: { kind: string }) => {
        stepsSeen.push(step.kind);
      },
      send: async (requests: readonly EvaluationRequest[]) => {
        for (const request of requests) send(request);
      },
    };
  };

  const neverAborted = new AbortController().signal;
  const settings = { stage: 'test' };

  const evaluate =
    (key: RunKey) =>
    async (worker: Life): Promise<void> => {
      const outcome = await createEvaluateRun(portsOf(worker), { ...settings, observer: 'one' }, byName)(
        key,
        {},
        neverAborted,
      );
      outcomes.push(outcome);
      told.push({ ...outcome, at: clock });
      if (outcome.kind === 'failed') throw outcome.error;
    };

  const send = ({ run, delayMs }: EvaluationRequest): void => {
    if (chance(faults.lostMessages)) return;
    const times = chance(5) ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      schedule(delayMs + upTo(500), () => receive({ fire: evaluate(run), receives: 0 }));
    }
  };

  const arrive =
    (keys: readonly { bucket: string; key: string }[]) =>
    async (worker: Life): Promise<void> => {
      const ports = portsOf(worker);
      const evaluateRun = createEvaluateRun(ports, settings, byName);
      const touch = createTouchAndEvaluate({ ...ports, evaluateRun }, byName);
      const runs = keys.flatMap((place) => match(place).map(({ run }) => run));
      const result = await touch(runs, neverAborted);
      outcomes.push(...result.outcomes);
      told.push(...result.outcomes.map((outcome) => ({ ...outcome, at: clock })), {
        arrived: keys.map(({ key }) => key),
        at: clock,
      });
      const [failed] = result.failed;
      if (failed !== undefined) throw failed.error;
    };

  const deliverJobEvent = (job: WorldJob, state: JobState): void => {
    receive({
      receives: 0,
      fire: async (worker) => {
        const ports = portsOf(worker);
        const owner = await ports.ledger.runOfJob(job.request.jobName, neverAborted);
        if (owner === undefined) throw new Error('not known yet');
        const track = createTrackJob({ ...ports, touchRuns: createTouchRuns(ports) }, byName, settings);
        const tracked = await track.ofRun(owner.run, owner.generation, observationOf(job, state), neverAborted);
        told.push({ ...tracked, at: clock });
      },
    });
  };

  // The provider.
  const put = (bucket: string, key: string, content: string, startedAgoMs = 0): void => {
    writes += 1;
    const uri = `s3://${bucket}/${key}`;
    const lastModified = new Date(Math.floor((s3Clock() - startedAgoMs) / SECOND) * SECOND);
    const write: Write = {
      bucket,
      key,
      etag: startedAgoMs > 0 ? `e${content}-2` : `e${content}`,
      sizeBytes: content.length,
      lastModified,
      write: writes,
      at: clock,
    };
    objects.set(uri, write);
    log.push({ at: clock, uri, write });
    if (chance(faults.lostEvents)) return;
    const times = chance(10) ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      const delay = chance(5) ? upTo(3 * faults.delayMaxMs) : 50 + upTo(faults.delayMaxMs);
      schedule(delay, () => receive({ fire: arrive([{ bucket, key }]), receives: 0 }));
    }
  };

  const remove = (bucket: string, key: string): void => {
    const uri = `s3://${bucket}/${key}`;
    if (objects.delete(uri)) log.push({ at: clock, uri });
  };

  // The tick, and the search for lost events.
  const tick = (): void => {
    schedule(MINUTE, tick);
    if (isDown) return;
    for (const run of runs()) {
      if (run.evaluateAt !== undefined && run.evaluateAt.getTime() <= EPOCH + clock + 75 * SECOND) {
        send({ run: run.key, delayMs: Math.max(0, run.evaluateAt.getTime() - EPOCH - clock) });
      }
      const job = jobs.find(({ id }) => id === run.job?.id);
      if (
        job !== undefined &&
        (run.state === 'submitted' || run.state === 'running') &&
        job.endedAt + 15 * MINUTE < clock
      ) {
        deliverJobEvent(job, 'succeeded');
      }
    }
    if (faults.search && Math.round(clock / MINUTE) % 5 === 0) {
      const found = [...objects.values()].flatMap((object) => match(object).map(({ run }) => run));
      for (const run of new Map(found.map((one) => [runKeyId(one), one])).values()) {
        // Opens what the ledger does not know, and leaves the others to their own pace.
        if (runOfKey(run) === undefined) {
          void memory.open(run, instant(), instant(), neverAborted);
          send({ run, delayMs: 0 });
        }
      }
    }
  };
  schedule(MINUTE, tick);

  return {
    random,
    put,
    remove,
    schedule,
    objects,
    log,
    jobs,
    alerts,
    outcomes,
    told,
    steps: stepsSeen,
    runs,
    table,
    deadLetters: () => deadLetters,
    clock: () => clock,
    takeDown: () => {
      isDown = true;
    },
    bringBack: (items: ReadonlyMap<string, Item>) => {
      table.items.clear();
      for (const [id, item] of items) table.items.set(id, item);
      isDown = false;
      tableCreatedAt = instant();
    },
    /** Lets time pass, event by event. */
    runUntil: async (end: number): Promise<void> => {
      for (;;) {
        const event = events[0];
        if (event === undefined || event.at > end) return;
        events.shift();
        clock = event.at;
        event.fire();
        // Whatever waits for what has just happened goes on before the next event.
        await new Promise(setImmediate);
      }
    },
  };
};

export type DeliveriesWorld = ReturnType<typeof createDeliveriesWorld>;
