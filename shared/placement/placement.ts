/**
 * Calculates whether any compute environment of a queue could ever run a job.
 *
 * `never` is certain. `unknown` means that the job or environment is not modelled; `tight` means
 * that the answer depends on figures that no API returns.
 */
import type { ComputeEnvironment } from './compute-environment.ts';
import { FARGATE_PAIRS, isFargatePair } from './fargate-pairs.ts';
import { type ChosenTypes, chosenTypes, instanceChoice } from './instance-choice.ts';
import { memoryText, type Requirement, type Resources, resourcesText, vcpuText } from './requirement.ts';
import { type InstanceType, leastUsableMiB, mostUsableMiB, roundedDownMiB } from './usable-memory.ts';

/** The placement of a job in one compute environment. */
export type EnvironmentPlacement = {
  readonly kind: 'fits' | 'tight' | 'never' | 'unknown';
  readonly environment: string;
  /** The arithmetic: "requests 32,000 MiB, the largest (r5.xlarge) offers about 31,431". */
  readonly reason: string;
  /** The nearest resources that it would certainly run, if any. */
  readonly nearest?: Resources;
};

/**
 * The placement in a queue: the best of its environments, the reason of each, and how to fix it.
 */
export type Placement = {
  readonly kind: EnvironmentPlacement['kind'];
  /** One line, with its arithmetic. */
  readonly reason: string;
  /** "request at most 31,400 MiB"; left out if no advice exists. */
  readonly fix?: string;
  /** The resources in `fix`. */
  readonly nearest?: Resources;
  readonly byEnvironment: readonly EnvironmentPlacement[];
};

type Requested = Extract<Requirement, { kind: 'resources' }>;

type Instances = Extract<ComputeEnvironment['machines'], { kind: 'instances' }>;

const largest = <Item>(items: readonly Item[], size: (item: Item) => number): Item | undefined =>
  items.reduce<Item | undefined>(
    (most, item) => (most === undefined || size(item) > size(most) ? item : most),
    undefined,
  );

/** Returns the relative distance between the requested and the offered resources. */
const distance = (requested: Resources, offer: Resources): number =>
  Math.abs(requested.vcpus - offer.vcpus) / requested.vcpus +
  Math.abs(requested.memoryMiB - offer.memoryMiB) / requested.memoryMiB;

const nearestOf = (requested: Resources, offers: readonly Resources[]): Resources | undefined =>
  largest(offers, (offer) => -distance(requested, offer));

const withNearest = (one: EnvironmentPlacement, nearest: Resources | undefined): EnvironmentPlacement =>
  nearest === undefined ? one : { ...one, nearest };

/** Returns the part of the requested resources that an instance certainly runs. */
const offerOf =
  (requested: Resources, maxVcpus: number) =>
  (type: InstanceType): Resources => {
    const usableMiB = leastUsableMiB(type);
    return {
      vcpus: Math.min(requested.vcpus, type.vcpus, maxVcpus),
      memoryMiB: usableMiB >= requested.memoryMiB ? requested.memoryMiB : roundedDownMiB(usableMiB),
    };
  };

const has = (type: InstanceType, { vcpus, memoryMiB }: Resources): boolean =>
  type.vcpus >= vcpus && leastUsableMiB(type) >= memoryMiB;

const mayHave = (type: InstanceType, { vcpus, memoryMiB }: Resources): boolean =>
  type.vcpus >= vcpus && mostUsableMiB(type) >= memoryMiB;

const tooLarge = (requested: Resources, types: readonly InstanceType[]): string => {
  const wide = types.filter(({ vcpus }) => vcpus >= requested.vcpus);
  const most = largest(wide, leastUsableMiB);
  if (most === undefined) {
    const widest = largest(types, ({ vcpus }) => vcpus);
    return `requests ${vcpuText(requested.vcpus)}, the largest (${widest?.name}) has ${widest?.vcpus}`;
  }
  const among = types.some((type) => leastUsableMiB(type) > leastUsableMiB(most))
    ? `, of the instance types with ${vcpuText(requested.vcpus)} the largest`
    : ', the largest';
  const offered = leastUsableMiB(most).toLocaleString('en-US');
  return `requests ${memoryText(requested.memoryMiB)}${among} (${most.name}) offers about ${offered}`;
};

const tightReason = (requested: Resources, { certain, maybe }: ChosenTypes): string => {
  const fits = maybe.find((type) => has(type, requested));
  return fits === undefined
    ? tooLarge(requested, [...certain, ...maybe])
    : `requests ${resourcesText(requested)}, which ${fits.name} has, but the environment may not be able to start it`;
};

const inInstances = (
  requested: Requested,
  machines: Instances,
  environment: string,
  known: readonly InstanceType[],
): EnvironmentPlacement => {
  const named = chosenTypes(instanceChoice(machines.instanceTypes), known);
  const isWithinMax = ({ vcpus }: InstanceType): boolean => !machines.isMaxStrict || vcpus <= machines.maxVcpus;
  const types: ChosenTypes = {
    ...named,
    certain: named.certain.filter(isWithinMax),
    maybe: [...named.maybe, ...named.certain.filter((type) => !isWithinMax(type))],
  };
  const offers = types.certain.map(offerOf(requested, machines.maxVcpus)).filter(({ vcpus }) => vcpus > 0);
  const nearest = nearestOf(requested, offers);
  const answer = (kind: EnvironmentPlacement['kind'], reason: string): EnvironmentPlacement =>
    kind === 'fits' ? { kind, environment, reason } : withNearest({ kind, environment, reason }, nearest);
  const all = [...types.certain, ...types.maybe];

  if (requested.vcpus > machines.maxVcpus) {
    return answer('never', `requests ${vcpuText(requested.vcpus)}, maxvCpus is ${machines.maxVcpus}`);
  }
  const fitting = types.certain.find((type) => has(type, requested));
  if (fitting !== undefined) {
    return answer('fits', `requests ${resourcesText(requested)}, ${fitting.name} has them`);
  }
  if (all.some((type) => mayHave(type, requested))) {
    return answer('tight', tightReason(requested, types));
  }
  if (types.unknown.length > 0 || all.length === 0) {
    const names = (types.unknown.length > 0 ? types.unknown : machines.instanceTypes).join(', ');
    return {
      kind: 'unknown',
      environment,
      reason: `the instance types ${names} are unknown`,
    };
  }
  return answer('never', tooLarge(requested, all));
};

const inFargate = (requested: Requested, maxVcpus: number, environment: string): EnvironmentPlacement => {
  // Of two pairs that are equally near, the larger one.
  const nearest = nearestOf(requested, FARGATE_PAIRS.filter(({ vcpus }) => vcpus <= maxVcpus).toReversed());
  if (!isFargatePair(requested)) {
    return withNearest(
      { kind: 'never', environment, reason: `requests ${resourcesText(requested)}, a pair that Fargate does not have` },
      nearest,
    );
  }
  return requested.vcpus > maxVcpus
    ? withNearest(
        { kind: 'never', environment, reason: `requests ${vcpuText(requested.vcpus)}, maxvCpus is ${maxVcpus}` },
        nearest,
      )
    : { kind: 'fits', environment, reason: `requests ${resourcesText(requested)}, a pair that Fargate has` };
};

const inEnvironment = (
  requested: Requested,
  { name, isUsable, state, machines }: ComputeEnvironment,
  known: readonly InstanceType[],
): EnvironmentPlacement => {
  if (isUsable !== 'yes') {
    return { kind: isUsable === 'no' ? 'never' : 'unknown', environment: name, reason: `is ${state}` };
  }
  if (machines.kind === 'unmodelled') {
    return { kind: 'unknown', environment: name, reason: machines.reason };
  }
  if (machines.kind === 'fargate') {
    return requested.platform === 'FARGATE'
      ? inFargate(requested, machines.maxVcpus, name)
      : { kind: 'never', environment: name, reason: 'has Fargate only, and the job is for EC2' };
  }
  return requested.platform === 'EC2'
    ? inInstances(requested, machines, name, known)
    : { kind: 'never', environment: name, reason: 'has EC2 instances only, and the job is for Fargate' };
};

const KINDS_BEST_FIRST = ['fits', 'tight', 'unknown', 'never'] as const;

const fixText = (requested: Requested, nearest: Resources): string => {
  if (requested.platform === 'FARGATE') {
    return `request ${resourcesText(nearest)}`;
  }
  if (nearest.vcpus === requested.vcpus) {
    return `request at most ${memoryText(nearest.memoryMiB)}`;
  }
  return nearest.memoryMiB === requested.memoryMiB
    ? `request at most ${vcpuText(nearest.vcpus)}`
    : `request at most ${resourcesText(nearest)}`;
};

/**
 * Decides whether a job can ever run in a queue.
 *
 * @param environments - the environments of the queue, in any state
 * @param known - the instance types that EC2 described for the names of the environments
 */
export const placementOf = (
  requirement: Requirement,
  environments: readonly ComputeEnvironment[],
  known: readonly InstanceType[],
): Placement => {
  if (requirement.kind === 'unmodelled') {
    return { kind: 'unknown', reason: requirement.reason, byEnvironment: [] };
  }
  const byEnvironment = environments.map((environment) => inEnvironment(requirement, environment, known));
  const kind = KINDS_BEST_FIRST.find((best) => byEnvironment.some((one) => one.kind === best));
  // Of several environments with this kind, the one with the nearest offer gives the reason.
  const decisive = largest(
    byEnvironment.filter((one) => one.kind === kind),
    ({ nearest }) => (nearest === undefined ? Number.NEGATIVE_INFINITY : -distance(requirement, nearest)),
  );
  if (decisive === undefined) {
    return { kind: 'unknown', reason: 'the queue has no known compute environment', byEnvironment };
  }
  const { environment, reason, nearest } = decisive;
  return {
    kind: decisive.kind,
    reason: byEnvironment.length > 1 || /^(?:is|has) /.test(reason) ? `${environment} ${reason}` : reason,
    ...(nearest === undefined ? {} : { nearest, fix: fixText(requirement, nearest) }),
    byEnvironment,
  };
};
