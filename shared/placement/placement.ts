/**
 * Whether any compute environment of a queue could ever run a job, by arithmetic alone.
 *
 * `never` is certain; what is not modelled is `unknown`, and what depends on figures that no API tells is `tight`.
 */
import type { ComputeEnvironment } from './compute-environment.ts';
import { FARGATE_PAIRS, isFargatePair } from './fargate-pairs.ts';
import { type ChosenTypes, chosenTypes, instanceChoice } from './instance-choice.ts';
import { memoryText, type Requirement, type Resources, resourcesText, vcpuText } from './requirement.ts';
import { type InstanceType, leastUsableMiB, mostUsableMiB, roundedDownMiB } from './usable-memory.ts';

/** The answer of one compute environment. */
export type Verdict = {
  readonly kind: 'fits' | 'tight' | 'never' | 'unknown';
  readonly environment: string;
  /** The arithmetic: "requests 32,000 MiB, the largest (r5.xlarge) offers about 31,431". */
  readonly reason: string;
  /** What it would run for certain that is nearest to what was asked for, if it runs anything of the kind. */
  readonly nearest?: Resources;
};

/** The answer for a queue: the best of its environments, the reasons of each, and what to do about a `never` or `tight`. */
export type Placement = {
  readonly kind: Verdict['kind'];
  /** One line, with its arithmetic. */
  readonly reason: string;
  /** "request at most 31,400 MiB"; left out where there is nothing to advise. */
  readonly fix?: string;
  /** The value that `fix` speaks of. */
  readonly nearest?: Resources;
  readonly verdicts: readonly Verdict[];
};

type Asked = Extract<Requirement, { kind: 'resources' }>;

type Instances = Extract<ComputeEnvironment['machines'], { kind: 'instances' }>;

const largest = <Item>(items: readonly Item[], size: (item: Item) => number): Item | undefined =>
  items.reduce<Item | undefined>(
    (most, item) => (most === undefined || size(item) > size(most) ? item : most),
    undefined,
  );

/** How far an offer is from what was asked for, in shares of it. */
const distance = (asked: Resources, offer: Resources): number =>
  Math.abs(asked.vcpus - offer.vcpus) / asked.vcpus + Math.abs(asked.memoryMiB - offer.memoryMiB) / asked.memoryMiB;

const nearestOf = (asked: Resources, offers: readonly Resources[]): Resources | undefined =>
  largest(offers, (offer) => -distance(asked, offer));

const withNearest = (verdict: Verdict, nearest: Resources | undefined): Verdict =>
  nearest === undefined ? verdict : { ...verdict, nearest };

/** What a machine of the type runs for certain, of no more than was asked for. */
const offerOf =
  (asked: Resources, maxVcpus: number) =>
  (type: InstanceType): Resources => {
    const usableMiB = leastUsableMiB(type);
    return {
      vcpus: Math.min(asked.vcpus, type.vcpus, maxVcpus),
      memoryMiB: usableMiB >= asked.memoryMiB ? asked.memoryMiB : roundedDownMiB(usableMiB),
    };
  };

const has = (type: InstanceType, { vcpus, memoryMiB }: Resources): boolean =>
  type.vcpus >= vcpus && leastUsableMiB(type) >= memoryMiB;

const mayHave = (type: InstanceType, { vcpus, memoryMiB }: Resources): boolean =>
  type.vcpus >= vcpus && mostUsableMiB(type) >= memoryMiB;

const tooLarge = (asked: Resources, types: readonly InstanceType[]): string => {
  const wide = types.filter(({ vcpus }) => vcpus >= asked.vcpus);
  const most = largest(wide, leastUsableMiB);
  if (most === undefined) {
    const widest = largest(types, ({ vcpus }) => vcpus);
    return `requests ${vcpuText(asked.vcpus)}, the largest (${widest?.name}) has ${widest?.vcpus}`;
  }
  const among = types.some((type) => leastUsableMiB(type) > leastUsableMiB(most))
    ? `, of the instance types with ${vcpuText(asked.vcpus)} the largest`
    : ', the largest';
  const offered = leastUsableMiB(most).toLocaleString('en-US');
  return `requests ${memoryText(asked.memoryMiB)}${among} (${most.name}) offers about ${offered}`;
};

const tightReason = (asked: Resources, { certain, maybe }: ChosenTypes): string => {
  const fits = maybe.find((type) => has(type, asked));
  return fits === undefined
    ? tooLarge(asked, [...certain, ...maybe])
    : `requests ${resourcesText(asked)}, which ${fits.name} has, and it is not certain that it may be started`;
};

const inInstances = (
  asked: Asked,
  machines: Instances,
  environment: string,
  known: readonly InstanceType[],
): Verdict => {
  const named = chosenTypes(instanceChoice(machines.instanceTypes), known);
  const isWithinMax = ({ vcpus }: InstanceType): boolean => !machines.isMaxStrict || vcpus <= machines.maxVcpus;
  const types: ChosenTypes = {
    ...named,
    certain: named.certain.filter(isWithinMax),
    maybe: [...named.maybe, ...named.certain.filter((type) => !isWithinMax(type))],
  };
  const offers = types.certain.map(offerOf(asked, machines.maxVcpus)).filter(({ vcpus }) => vcpus > 0);
  const nearest = nearestOf(asked, offers);
  const answer = (kind: Verdict['kind'], reason: string): Verdict =>
    kind === 'fits' ? { kind, environment, reason } : withNearest({ kind, environment, reason }, nearest);
  const all = [...types.certain, ...types.maybe];

  if (asked.vcpus > machines.maxVcpus) {
    return answer('never', `requests ${vcpuText(asked.vcpus)}, maxvCpus is ${machines.maxVcpus}`);
  }
  const home = types.certain.find((type) => has(type, asked));
  if (home !== undefined) {
    return answer('fits', `requests ${resourcesText(asked)}, ${home.name} has them`);
  }
  if (all.some((type) => mayHave(type, asked))) {
    return answer('tight', tightReason(asked, types));
  }
  if (types.unknown.length > 0 || all.length === 0) {
    const names = (types.unknown.length > 0 ? types.unknown : machines.instanceTypes).join(', ');
    return {
      kind: 'unknown',
      environment,
      reason: `nothing is known of the instance types ${names}`,
    };
  }
  return answer('never', tooLarge(asked, all));
};

const inFargate = (asked: Asked, maxVcpus: number, environment: string): Verdict => {
  // Of two that are as near, the larger one.
  const nearest = nearestOf(asked, FARGATE_PAIRS.filter(({ vcpus }) => vcpus <= maxVcpus).toReversed());
  if (!isFargatePair(asked)) {
    return withNearest(
      { kind: 'never', environment, reason: `requests ${resourcesText(asked)}, a pair that Fargate does not have` },
      nearest,
    );
  }
  return asked.vcpus > maxVcpus
    ? withNearest(
        { kind: 'never', environment, reason: `requests ${vcpuText(asked.vcpus)}, maxvCpus is ${maxVcpus}` },
        nearest,
      )
    : { kind: 'fits', environment, reason: `requests ${resourcesText(asked)}, a pair that Fargate has` };
};

const verdictOf = (
  asked: Asked,
  { name, isUsable, state, machines }: ComputeEnvironment,
  known: readonly InstanceType[],
): Verdict => {
  if (isUsable !== 'yes') {
    return { kind: isUsable === 'no' ? 'never' : 'unknown', environment: name, reason: `is ${state}` };
  }
  if (machines.kind === 'unmodelled') {
    return { kind: 'unknown', environment: name, reason: machines.reason };
  }
  if (machines.kind === 'fargate') {
    return asked.platform === 'FARGATE'
      ? inFargate(asked, machines.maxVcpus, name)
      : { kind: 'never', environment: name, reason: 'has Fargate only, and the job is for EC2' };
  }
  return asked.platform === 'EC2'
    ? inInstances(asked, machines, name, known)
    : { kind: 'never', environment: name, reason: 'has EC2 instances only, and the job is for Fargate' };
};

const KINDS_BEST_FIRST = ['fits', 'tight', 'unknown', 'never'] as const;

const fixText = (asked: Asked, nearest: Resources): string => {
  if (asked.platform === 'FARGATE') {
    return `request ${resourcesText(nearest)}`;
  }
  if (nearest.vcpus === asked.vcpus) {
    return `request at most ${memoryText(nearest.memoryMiB)}`;
  }
  return nearest.memoryMiB === asked.memoryMiB
    ? `request at most ${vcpuText(nearest.vcpus)}`
    : `request at most ${resourcesText(nearest)}`;
};

/**
 * Judges whether a job can ever run in a queue.
 *
 * @param environments - those of the queue, in any state
 * @param known - what EC2 told of every instance type that the environments name
 */
export const placementOf = (
  requirement: Requirement,
  environments: readonly ComputeEnvironment[],
  known: readonly InstanceType[],
): Placement => {
  if (requirement.kind === 'unmodelled') {
    return { kind: 'unknown', reason: requirement.reason, verdicts: [] };
  }
  const verdicts = environments.map((environment) => verdictOf(requirement, environment, known));
  const kind = KINDS_BEST_FIRST.find((best) => verdicts.some((verdict) => verdict.kind === best));
  // Of several that say the same, the one whose offer is nearest says why.
  const speaker = largest(
    verdicts.filter((verdict) => verdict.kind === kind),
    ({ nearest }) => (nearest === undefined ? Number.NEGATIVE_INFINITY : -distance(requirement, nearest)),
  );
  if (speaker === undefined) {
    return { kind: 'unknown', reason: 'the queue names no compute environment that is known', verdicts };
  }
  const { environment, reason, nearest } = speaker;
  return {
    kind: speaker.kind,
    reason: verdicts.length > 1 || /^(?:is|has) /.test(reason) ? `${environment} ${reason}` : reason,
    ...(nearest === undefined ? {} : { nearest, fix: fixText(requirement, nearest) }),
    verdicts,
  };
};
