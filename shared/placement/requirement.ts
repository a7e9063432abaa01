/** What a job asks for, read from its definition and what overrides it. */

/** What is asked for and offered: whole jobs, not shares of them. */
export type Resources = { readonly vcpus: number; readonly memoryMiB: number };

/** A kind of machine that a job definition can be made for. */
export type Platform = 'EC2' | 'FARGATE';

export type Requirement =
  | ({ readonly kind: 'resources'; readonly platform: Platform } & Resources)
  /** It cannot be told whether such a job fits: it is never said that it does not. */
  | { readonly kind: 'unmodelled'; readonly reason: string };

/** Resources as Batch spells them: `{ type: 'MEMORY', value: '2048' }`. */
export type ResourceRequirement = { readonly type?: string | undefined; readonly value?: string | undefined };

/** What one container asks for. */
export type ContainerResources = {
  readonly resourceRequirements?: readonly ResourceRequirement[] | undefined;
  /** Deprecated, and still in old definitions; `resourceRequirements` goes before it. */
  readonly vcpus?: number | undefined;
  /** Deprecated like `vcpus`; MiB. */
  readonly memory?: number | undefined;
};

/** The part of a job definition, or of a described job, that says what it asks for. */
export type JobShape = {
  /** `EC2` where Batch names none. */
  readonly platformCapabilities?: readonly string[] | undefined;
  readonly container?: ContainerResources | undefined;
  /** The containers of an ECS task, which run on one machine together. */
  readonly taskContainers?: readonly ContainerResources[] | undefined;
  readonly isMultiNode: boolean;
  readonly isEks: boolean;
};

/** What a submission asks for instead of its definition. */
export type Overrides = {
  readonly vcpus?: number | undefined;
  readonly memoryMiB?: number | undefined;
  readonly gpus?: number | undefined;
};

const unmodelled = (reason: string): Requirement => ({ kind: 'unmodelled', reason });

const requirementNamed = (container: ContainerResources, type: string): number | undefined => {
  const value = container.resourceRequirements?.find((requirement) => requirement.type === type)?.value;
  return value === undefined ? undefined : Number(value);
};

const sumOf = (values: readonly (number | undefined)[]): number =>
  values.reduce<number>((sum, value) => sum + (value ?? Number.NaN), 0);

const platformOf = ({ platformCapabilities = [] }: JobShape): Platform | undefined => {
  const [only = 'EC2', ...others] = platformCapabilities;
  return others.length === 0 && (only === 'EC2' || only === 'FARGATE') ? only : undefined;
};

const isOverridden = (overrides: Overrides): boolean => Object.values(overrides).some((value) => value !== undefined);

const containersOf = ({ container, taskContainers }: JobShape): readonly ContainerResources[] =>
  taskContainers !== undefined && taskContainers.length > 0
    ? taskContainers
    : container === undefined
      ? []
      : [container];

/**
 * Tells what a job asks for: overrides go before the definition, `resourceRequirements` before the deprecated `vcpus` and `memory`, and several
 * containers are added up, since they share a machine.
 *
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerOverrides.html
 */
export const requirementOf = (shape: JobShape, overrides: Overrides = {}): Requirement => {
  if (shape.isMultiNode) {
    return unmodelled('the job runs on several nodes');
  }
  if (shape.isEks) {
    return unmodelled('the job runs on EKS');
  }
  const platform = platformOf(shape);
  if (platform === undefined) {
    return unmodelled(`the job is for ${shape.platformCapabilities?.join(', ')}`);
  }
  if (shape.taskContainers !== undefined && shape.taskContainers.length > 0 && isOverridden(overrides)) {
    return unmodelled('resources are overridden for a definition that names its containers one by one');
  }
  const containers = containersOf(shape);
  const gpus = overrides.gpus ?? sumOf(containers.map((container) => requirementNamed(container, 'GPU') ?? 0));
  if (gpus !== 0) {
    return unmodelled('the job asks for GPUs');
  }
  const vcpus = overrides.vcpus ?? sumOf(containers.map((one) => requirementNamed(one, 'VCPU') ?? one.vcpus));
  const memoryMiB =
    overrides.memoryMiB ?? sumOf(containers.map((one) => requirementNamed(one, 'MEMORY') ?? one.memory));
  // What Batch did not say is no number.
  return vcpus > 0 && memoryMiB > 0
    ? { kind: 'resources', platform, vcpus, memoryMiB }
    : unmodelled('its definition does not say how many vCPUs and how much memory it asks for');
};

const grouped = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 2 });

/** Writes an amount of memory as people read it: `32,000 MiB`. */
export const memoryText = (memoryMiB: number): string => `${grouped(memoryMiB)} MiB`;

/** Writes a number of vCPUs: `1 vCPU`, `0.25 vCPUs`. */
export const vcpuText = (vcpus: number): string => `${grouped(vcpus)} ${vcpus === 1 ? 'vCPU' : 'vCPUs'}`;

/** Writes what is asked for: `4 vCPUs and 32,000 MiB`. */
export const resourcesText = ({ vcpus, memoryMiB }: Resources): string =>
  `${vcpuText(vcpus)} and ${memoryText(memoryMiB)}`;
