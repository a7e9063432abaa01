/** Reads the resources that a job requests from its definition and overrides. */

/** Requested or offered resources of a whole job. */
export type Resources = { readonly vcpus: number; readonly memoryMiB: number };

/** The platform of a job definition. */
export type Platform = 'EC2' | 'FARGATE';

export type Requirement =
  | ({ readonly kind: 'resources'; readonly platform: Platform } & Resources)
  /** A job whose placement is unknown. */
  | { readonly kind: 'unmodelled'; readonly reason: string };

/** Resources in the spelling of Batch: `{ type: 'MEMORY', value: '2048' }`. */
export type ResourceRequirement = { readonly type?: string | undefined; readonly value?: string | undefined };

/** The resources that one container requests. */
export type ContainerResources = {
  readonly resourceRequirements?: readonly ResourceRequirement[] | undefined;
  /** Deprecated, but still in old definitions; `resourceRequirements` has precedence. */
  readonly vcpus?: number | undefined;
  /** Deprecated like `vcpus`; MiB. */
  readonly memory?: number | undefined;
};

/** The fields of a job definition, or of a described job, that decide its resources. */
export type JobShape = {
  /** `EC2` if empty. */
  readonly platformCapabilities?: readonly string[] | undefined;
  readonly container?: ContainerResources | undefined;
  /** The containers of an ECS task, which run on one machine together. */
  readonly taskContainers?: readonly ContainerResources[] | undefined;
  readonly isMultiNode: boolean;
  readonly isEks: boolean;
};

/** The resources that a submission requests in place of its definition's. */
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
 * Returns the requirement of a job. Overrides have precedence over the definition, and
 * `resourceRequirements` over the deprecated `vcpus` and `memory`. Several containers are added up,
 * since they share a machine.
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
    return unmodelled('the job requests GPUs');
  }
  const vcpus = overrides.vcpus ?? sumOf(containers.map((one) => requirementNamed(one, 'VCPU') ?? one.vcpus));
  const memoryMiB =
    overrides.memoryMiB ?? sumOf(containers.map((one) => requirementNamed(one, 'MEMORY') ?? one.memory));
  // A missing value is NaN, which is not above 0.
  return vcpus > 0 && memoryMiB > 0
    ? { kind: 'resources', platform, vcpus, memoryMiB }
    : unmodelled('its definition does not state its vCPUs and memory');
};

const grouped = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 2 });

/** Formats an amount of memory: `32,000 MiB`. */
export const memoryText = (memoryMiB: number): string => `${grouped(memoryMiB)} MiB`;

/** Formats a number of vCPUs: `1 vCPU`, `0.25 vCPUs`. */
export const vcpuText = (vcpus: number): string => `${grouped(vcpus)} ${vcpus === 1 ? 'vCPU' : 'vCPUs'}`;

/** Formats resources: `4 vCPUs and 32,000 MiB`. */
export const resourcesText = ({ vcpus, memoryMiB }: Resources): string =>
  `${vcpuText(vcpus)} and ${memoryText(memoryMiB)}`;
