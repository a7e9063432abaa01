/**
 * A world in virtual time, in which all that can go wrong between an event and its job goes wrong, by a seed.
 *
 * Hosts run the real code of `shared/runs` over a ledger in memory. Every call takes time, may be lost before or after it worked, or may be
 * the moment at which its host dies. Deliveries repeat, come late and in any order; those that tell of jobs may never come; `ListJobs` lags; clocks differ;
 * Batch throttles, and now and then refuses. After every event the world looks for dead ends: runs that nobody will look at again.
 */
import { randomUUID } from 'node:crypto';
import type { Feed } from '../../shared/feeds/feed.ts';
import { createMatcher } from '../../shared/feeds/match-feeds.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import type { Job as JobDetail, JobStatus } from '../../shared/jobs/job.ts';
import { createAdvanceRuns } from '../../shared/runs/advance-runs.ts';
import type { ArrivedObject, ObjectHead } from '../../shared/runs/arrived-object.ts';
import type { JobState } from '../../shared/runs/job-observation.ts';
import type { Ledger } from '../../shared/runs/ledger.ts';
import { isUnfinished, type Outcome } from '../../shared/runs/outcome.ts';
import type { JobRequest, Run } from '../../shared/runs/run.ts';
import { createSettleRun } from '../../shared/runs/settle-run.ts';
import { type JobQueues, LookUpRefusedError } from '../../shared/runs/submission.ts';
import { createSweepRuns } from '../../shared/runs/sweep-runs.ts';
import { createTrackJob } from '../../shared/runs/track-job.ts';
import { createWatchJobs } from '../../shared/runs/watch-jobs.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

export type Plan = {
  readonly seed: number;
  /** Of 100 calls, how many meet a fault. */
  readonly faults: number;
  /** Of 100 calls, in how many the host dies. */
  readonly deaths: number;
  /** Of 100 requests for a job, how many Batch throttles. */
  readonly throttles: number;
  /** Of 100 requests for a job, and of 100 look-ups, how many Batch refuses. */
  readonly refusals: number;
  readonly listingLagMs: number;
  readonly clockSkewMs: number;
  /** When each file is put, with which content, and how often its event is delivered. */
  readonly puts: readonly {
    readonly key: string;
    readonly content: number;
    readonly atMs: number;
    readonly deliveries: number;
    readonly delayMs: number;
  }[];
};

export type Job = {
  readonly id: string;
  readonly request: JobRequest;
  readonly acceptedAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly end: 'succeeded' | 'failed';
};

/** An event that tells of a job. */
type Sighting = { readonly job: Job; readonly state: JobState };

const VISIBILITY_MS = 3 * MINUTE;
const MAX_RECEIVES = 5;
const FUNCTION_TIMEOUT_MS = 30 * SECOND;
const JOB_MS = 20 * MINUTE;
/** Of 100 jobs, how many fail; of 100 events that tell of a job, how many never come. */
const FAILED_JOBS = 20;
const LOST_EVENTS = 10;
const EPOCH = Date.parse('2026-11-22T00:00:00.000Z');

/** A small generator of numbers from 0 to 1, so that a seed tells the whole story. */
const createRandom = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

type Host = { readonly observer: string; readonly skewMs: number; readonly feeds: readonly Feed[] };

/** One invocation; what is dead neither acts nor hears. */
type Life = { dead: boolean };

export const createWorld = (plan: Plan, versions: readonly (readonly Feed[])[]) => {
  const random = createRandom(plan.seed);
  const chance = (percent: number): boolean => random() * 100 < percent;
  const upTo = (ms: number): number => Math.floor(random() * ms);

  let clock = 0;
  let sequence = 0;
  let events: { at: number; order: number; fire: () => void }[] = [];
  const schedule = (inMs: number, fire: () => void): void => {
    sequence += 1;
    events.push({ at: clock + inMs, order: sequence, fire });
  };

  const ledger = createMemoryLedger();
  const jobs: Job[] = [];
  const objects = new Map<string, ObjectHead>();
  const alerts: { kind: string; subject: string }[] = [];
  const manifests = new Map<string, string>();
  /** What is in the failure queues, as it is moved back. */
  const lost: (() => void)[] = [];
  const deadEnds: Run[] = [];
  let quiet = false;

  /** Makes a call of a life take time and meet the world's faults. */
  const call = <Result>(life: Life, effect: () => Promise<Result>): Promise<Result> =>
    new Promise((resolve, reject) => {
      if (life.dead) {
        return;
      }
      const fault = !quiet && chance(plan.faults);
      const death = !quiet && chance(plan.deaths);
      const before = random() < 0.5;
      if (death && before) {
        life.dead = true;
        return;
      }
      schedule(1 + upTo(fault ? 3 * SECOND : 50), () => {
        if (fault && before) {
          schedule(1, () => life.dead || reject(new Error('connection reset before it was sent')));
          return;
        }
        effect().then(
          (result) => {
            if (death) {
              life.dead = true;
              return;
            }
            schedule(1 + upTo(20), () => {
              if (!life.dead) {
                fault ? reject(new Error('the answer was lost')) : resolve(result);
              }
            });
          },
          (error: unknown) => schedule(1, () => life.dead || reject(error)),
        );
      });
    });

  const accept = (request: JobRequest): string => {
    const job: Job = {
      id: `job-${jobs.length + 1}`,
      request,
      acceptedAt: clock,
      startedAt: clock + upTo(JOB_MS),
      endedAt: clock + JOB_MS,
      end: chance(FAILED_JOBS) ? 'failed' : 'succeeded',
    };
    jobs.push(job);
    announce({ job, state: 'running' }, job.startedAt - clock);
    announce({ job, state: job.end }, job.endedAt - clock);
    return job.id;
  };

  const jobQueuesOf = (life: Life): JobQueues => ({
    submit: async (request) => {
      if (!quiet && chance(plan.throttles)) {
        return call(life, async () => ({ kind: 'unsent', error: new Error('TooManyRequestsException') }));
      }
      const kind = !quiet && chance(plan.faults) ? Math.floor(random() * 4) : -1;
      if (kind === 0) {
        return call(life, async () => ({ kind: 'unsent', error: new Error('connect ECONNREFUSED') }));
      }
      if (kind === 1) {
        return call(life, async () => ({ kind: 'ambiguous', error: new Error('reset, not accepted') }));
      }
      if (kind === 2) {
        // Accepted only after the client has given up.
        schedule(upTo(5 * SECOND), () => accept(request));
        return call(life, async () => ({ kind: 'ambiguous', error: new Error('timeout') }));
      }
      if (!quiet && chance(plan.refusals)) {
        return call(life, async () => ({ kind: 'refused', reason: 'ClientException: no such queue' }));
      }
      try {
        return await call(life, async () => ({ kind: 'accepted', jobId: accept(request) }));
      } catch (error) {
        return { kind: 'ambiguous', error: error instanceof Error ? error : new Error(String(error)) };
      }
    },
    find: (_queue, jobName, since) =>
      call(life, async () => {
        if (!quiet && chance(plan.refusals)) {
          throw new LookUpRefusedError('ClientException: no such queue');
        }
        return jobs
          .filter(({ request, acceptedAt }) => request.jobName === jobName && acceptedAt + plan.listingLagMs <= clock)
          .map(({ id, acceptedAt }) => ({ jobId: id, createdAt: new Date(EPOCH + acceptedAt) }))
          .filter(({ createdAt }) => createdAt >= since);
      }),
  });

  const instant = (atMs: number): Date => new Date(EPOCH + atMs);

  const statusOf = ({ startedAt, endedAt, end }: Job): JobStatus => {
    if (clock >= endedAt) {
      return end === 'failed' ? 'FAILED' : 'SUCCEEDED';
    }
    return clock >= startedAt ? 'RUNNING' : 'RUNNABLE';
  };

  /** A job as Batch tells of it now. */
  const described = (job: Job): JobDetail => ({
    id: job.id,
    name: job.request.jobName,
    queue: job.request.jobQueue,
    location: { partition: 'aws', region: 'ap-northeast-1' },
    status: statusOf(job),
    shape: 'container',
    createdAt: instant(job.acceptedAt),
    ...(clock >= job.startedAt ? { startedAt: instant(job.startedAt) } : {}),
    ...(clock >= job.endedAt ? { stoppedAt: instant(job.endedAt) } : {}),
    attempts: [],
    attemptsAllowed: 1,
    isCancelled: false,
    isTerminated: false,
    ends: [],
    containers: [],
    dependsOn: [],
    confidential: { values: [], secretNames: [] },
  });

  /** The ledger as one life sees it: every call of it is a call of that life. */
  const ledgerOf = (life: Life): Ledger =>
    new Proxy<Ledger>(ledger, {
      get: (target, name, receiver) => {
        const method: (...args: unknown[]) => Promise<unknown> = Reflect.get(target, name, receiver);
        return (...args: unknown[]) => call(life, () => method(...args));
      },
    });

  const portsOf = (host: Host, life: Life) => ({
    ledger: ledgerOf(life),
    jobQueues: jobQueuesOf(life),
    putManifest: (key: string, lines: string) =>
      call(life, async () => {
        manifests.set(`s3://suite/${key}`, lines);
        return `s3://suite/${key}`;
      }),
    openAlert: (alert: { kind: string; subject: string }) =>
      call(life, async () => {
        alerts.push(alert);
      }),
    head: (bucket: string, key: string) => call(life, async () => objects.get(`${bucket}/${key}`)),
    now: () => new Date(EPOCH + clock + host.skewMs),
    pause: (ms: number) => new Promise((resolve) => schedule(ms, () => life.dead || resolve(undefined))),
    onStep: () => undefined,
  });

  const hosts: Host[] = [];
  const newHost = (): Host => ({
    observer: randomUUID(),
    // Right or as wrong as allowed: what lies between finds nothing more.
    skewMs: random() < 0.5 ? 0 : plan.clockSkewMs,
    feeds: versions[Math.floor(random() * versions.length)] ?? [],
  });
  const hostAt = (index: number): Host => {
    const host = hosts[index] ?? newHost();
    hosts[index] = host;
    return host;
  };

  /** Invokes a function on some warm host; a host that dies is replaced. */
  const invoke = (work: (host: Host, life: Life) => Promise<Outcome[]>, then: (done: boolean) => void): void => {
    const index = Math.floor(random() * 4);
    const life = { dead: false };
    let over = false;
    const finish = (done: boolean): void => {
      if (!over) {
        over = true;
        then(done);
      }
    };
    schedule(FUNCTION_TIMEOUT_MS, () => {
      if (!over) {
        life.dead = true;
        delete hosts[index];
        finish(false);
      }
    });
    work(hostAt(index), life).then(
      (outcomes) => finish(!outcomes.some(isUnfinished)),
      () => finish(false),
    );
  };

  const signal = new AbortController().signal;

  const settings = { stage: 'test', pausesMs: [200, 400, 800] };

  const feedsOf = (host: Host) => new Map(host.feeds.map((feed) => [feed.name, feed]));

  /** The alarm on the failure queue has told somebody, who mends what was broken and moves the messages back. */
  const moveBackIfQuiet = (): void => {
    for (const moveBack of quiet ? lost.splice(0) : []) {
      moveBack();
    }
  };

  /** Has a host handle a message, as often as a queue delivers it. */
  const receive = (work: (host: Host, life: Life) => Promise<Outcome[]>, receives = 1): void => {
    invoke(work, (done) => {
      if (done) {
        return;
      }
      if (receives < MAX_RECEIVES) {
        schedule(VISIBILITY_MS, () => receive(work, receives + 1));
        return;
      }
      lost.push(() => receive(work));
      moveBackIfQuiet();
    });
  };

  const deliver = (object: ArrivedObject): void =>
    receive((host, life) => {
      const match = createMatcher(host.feeds);
      const ports = portsOf(host, life);
      return createAdvanceRuns(ports, { ...settings, match, observer: host.observer })(object, signal);
    });

  const track = ({ job, state }: Sighting): void =>
    receive(async (host, life) => {
      const owner = await ledger.runOfJob(job.request.jobName, signal);
      if (owner === undefined) {
        throw new Error('A job without a claim');
      }
      const ports = portsOf(host, life);
      const settleRun = createSettleRun(ports, { ...settings, observer: host.observer });
      const { ofRun } = createTrackJob({ ...ports, settleRun }, feedsOf(host));
      const sighting = { jobId: job.id, state, attempts: 1, submittedAt: new Date(EPOCH + job.acceptedAt) };
      const tracked = await ofRun(owner.run, owner.generation, sighting, signal);
      return 'settled' in tracked && tracked.settled !== undefined ? [...tracked.settled] : [];
    });

  /** Delivers an event of a job once or twice, late, or never. */
  const announce = (sighting: Sighting, inMs: number): void => {
    const copies = (chance(30) ? 2 : 1) * Number(!chance(LOST_EVENTS));
    for (let copy = 0; copy < copies; copy += 1) {
      schedule(inMs + upTo(3 * MINUTE), () => track(sighting));
    }
  };

  const tick = (): void => {
    // In peace there is little to find, and much time.
    schedule(quiet ? 5 * MINUTE : MINUTE, tick);
    invoke(
      async (host, life) => {
        const ports = portsOf(host, life);
        const settleRun = createSettleRun(ports, { ...settings, pausesMs: [], observer: host.observer });
        return createSweepRuns({ ...ports, settleRun }, feedsOf(host))(signal);
      },
      () => undefined,
    );
    invoke(
      async (host, life) => {
        const ports = portsOf(host, life);
        const settleRun = createSettleRun(ports, { ...settings, pausesMs: [], observer: host.observer });
        await createWatchJobs({
          ...ports,
          trackJob: createTrackJob({ ...ports, settleRun }, feedsOf(host)),
          describe: (ids) => call(life, async () => jobs.filter(({ id }) => ids.includes(id)).map(described)),
          readProgress: async () => undefined,
        })(signal);
        return [];
      },
      () => undefined,
    );
  };

  const isTold = (run: Run, kind: string): boolean =>
    alerts.some((alert) => alert.kind === kind && alert.subject === `${runKeyId(run.key)}#${run.generation}`);

  /** Whether nothing will happen to a run any more unless a file comes or a person does something. */
  const isAtRest = (run: Run): boolean =>
    run.state === 'refused'
      ? isTold(run, 'submit-refused')
      : (run.state === 'succeeded' || run.state === 'failed') && run.rerunRequestedAt === undefined;

  /** Notes the runs that have further to go, and are on nobody's list. */
  const lookForDeadEnds = (): void => {
    for (const { run, candidateAt } of ledger.entries.values()) {
      if (candidateAt === undefined && !isAtRest(run)) {
        deadEnds.push(run);
      }
    }
  };

  const runUntil = async (untilMs: number): Promise<void> => {
    while (events.length > 0) {
      let next = 0;
      for (let index = 1; index < events.length; index += 1) {
        const one = events[index];
        const best = events[next];
        if (one && best && (one.at < best.at || (one.at === best.at && one.order < best.order))) {
          next = index;
        }
      }
      const event = events[next];
      if (event === undefined || event.at > untilMs) {
        return;
      }
      events.splice(next, 1);
      clock = event.at;
      event.fire();
      // Lets everybody who was waiting for this go on.
      await new Promise(setImmediate);
      lookForDeadEnds();
    }
  };

  /** Lives through the plan, then through hours of peace in which everything must come to rest. */
  const live = async (): Promise<void> => {
    for (const { key, content, atMs, deliveries, delayMs } of plan.puts) {
      schedule(atMs, () => {
        const head = { etag: `etag-${content}`, sizeBytes: 100 + content };
        objects.set(`landing/${key}`, head);
        for (let copy = 0; copy < deliveries; copy += 1) {
          schedule(upTo(delayMs + 1), () => deliver({ bucket: 'landing', key, ...head }));
        }
      });
    }
    schedule(0, tick);
    await runUntil(45 * MINUTE);
    quiet = true;
    moveBackIfQuiet();
    await runUntil(4 * 60 * MINUTE);
    events = [];
  };

  return {
    live,
    jobs,
    alerts,
    manifests,
    deadEnds,
    /** What S3 holds, by bucket and key. */
    objects,
    runs: () =>
      [...ledger.entries.values()].map(({ run, past, arrivals }) => ({ run, past, arrivals, id: runKeyId(run.key) })),
    unsettled: () => [...ledger.entries.values()].filter(({ candidateAt }) => candidateAt !== undefined),
  };
};
