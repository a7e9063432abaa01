/** Fills in what is sent to `SubmitJob` for one run. */
import type { BatchJob, Feed } from '../config/configuration.ts';
import { placeholdersOf, type RenderContext, renderValue } from '../feeds/render.ts';
import { runKeyId } from '../feeds/run-key.ts';
import { jobNameOf } from './job-name.ts';
import type { Arrival, JobRequest, Run } from './run.ts';

/** @see https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html */
const MAX_PAYLOAD_BYTES = 30 * 1_024;

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html#Batch-SubmitJob-request-tags */
const MAX_TAG_VALUE_LENGTH = 256;

/** Whether the job is told of a manifest. */
export const needsManifest = (feed: Feed): boolean => placeholdersOf(feed.job).manifest;

/** Whether the job cannot be described without the arrivals themselves. */
export const needsArrivals = (feed: Feed): boolean => {
  const { manifest, files } = placeholdersOf(feed.job);
  return manifest || files;
};

/**
 * Names the object that lists the files of a run.
 *
 * @param owner - who is about to claim the run. Nobody else writes to this key: who has read the run while it changed would list files that were
 *   never claimed, and whose claim fails afterwards must not have changed what another's job reads
 */
export const manifestKey = (stage: string, run: Run, owner: string): string =>
  `manifests/${run.key.feed}/${jobNameOf(stage, run.key, run.generation)}-r${run.revision}-${owner}.jsonl`;

/** Lists the files of a run as JSON Lines, sorted by slot and key: `slot`, `uri`, `bucket`, `key`, `etag`, `sizeBytes`. */
export const manifestLines = (arrivals: readonly Arrival[]): string =>
  arrivals
    .map(({ slot, bucket, key, etag, sizeBytes }) => ({
      slot,
      uri: `s3://${bucket}/${key}`,
      bucket,
      key,
      etag,
      sizeBytes,
    }))
    .sort((one, other) => (one.slot === other.slot ? compare(one.uri, other.uri) : compare(one.slot, other.slot)))
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');

const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

type Rendering = { readonly render: (text: string) => string | undefined; readonly problems: string[] };

const renderRecord = (record: Readonly<Record<string, string>>, { render }: Rendering): Record<string, string> =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, text]) => {
      const value = render(text);
      // The value of an optional slot's file that did not come is left out.
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** A parameter stands where the job definition says `Ref::name`: mostly an argument of a program. */
const renderParameters = (parameters: BatchJob['parameters'], rendering: Rendering): Record<string, string> => {
  const values = renderRecord(parameters, rendering);
  for (const [name, value] of Object.entries(values)) {
    if (value.startsWith('-') && parameters[name]?.startsWith('-') !== true) {
      rendering.problems.push(`the parameter ${name} became '${value}', which a program would read as an option`);
    }
  }
  return values;
};

const references = (text: string): number => text.split('Ref::').length;

/** Refuses what would make data into an instruction: an option of the program, or a placeholder of Batch. */
const renderCommand = (command: readonly string[], { render, problems }: Rendering): string[] =>
  command.map((text) => {
    const value = render(text) ?? '';
    if (value === '') {
      problems.push(`the command element '${text}' is empty, which Batch does not take`);
    }
    if (value.startsWith('-') && !text.startsWith('-')) {
      problems.push(`the command element '${text}' became '${value}', which a program would read as an option`);
    }
    if (references(value) > references(text)) {
      problems.push(`the command element '${text}' became '${value}', in which Batch would substitute a parameter`);
    }
    return value;
  });

const resourceRequirements = ({ vcpus, memoryMiB, gpus }: BatchJob['resources']) => [
  ...(vcpus === undefined ? [] : [{ type: 'VCPU' as const, value: String(vcpus) }]),
  ...(memoryMiB === undefined ? [] : [{ type: 'MEMORY' as const, value: String(memoryMiB) }]),
  ...(gpus === undefined ? [] : [{ type: 'GPU' as const, value: String(gpus) }]),
];

const containerOverrides = (job: BatchJob, rendering: Rendering): Pick<JobRequest, 'containerOverrides'> => {
  const environment = Object.entries(renderRecord(job.environment, rendering)).map(([name, value]) => ({
    name,
    value,
  }));
  const resources = resourceRequirements(job.resources);
  const overrides = {
    ...(job.command === undefined ? {} : { command: renderCommand(job.command, rendering) }),
    ...(environment.length === 0 ? {} : { environment }),
    ...(resources.length === 0 ? {} : { resourceRequirements: resources }),
  };
  return Object.keys(overrides).length === 0 ? {} : { containerOverrides: overrides };
};

const retryStrategy = ({ retry }: BatchJob): Pick<JobRequest, 'retryStrategy'> =>
  retry === undefined
    ? {}
    : {
        retryStrategy: {
          attempts: retry.attempts,
          ...(retry.evaluateOnExit.length === 0 ? {} : { evaluateOnExit: [...retry.evaluateOnExit] }),
        },
      };

const tagsOf = (job: BatchJob, rendering: Rendering): Pick<JobRequest, 'tags' | 'propagateTags'> => {
  const tags = renderRecord(job.tags, rendering);
  for (const [name, value] of Object.entries(tags)) {
    if (value.length > MAX_TAG_VALUE_LENGTH) {
      rendering.problems.push(`the tag ${name} has ${value.length} characters; Batch takes ${MAX_TAG_VALUE_LENGTH}`);
    }
  }
  return {
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    // Said only where it is wanted: a false would override the job definition.
    ...(job.propagateTags ? { propagateTags: true } : {}),
  };
};

const contextOf = (run: Run, arrivals: readonly Arrival[], manifest: string | undefined): RenderContext => ({
  run: run.key,
  generation: run.generation,
  files: new Map(arrivals.map(({ slot, bucket, key }) => [slot, { bucket, key }])),
  ...(manifest === undefined ? {} : { manifest }),
});

/**
 * Builds the request of a run's job.
 *
 * @param manifest - the URI of the run's manifest, where the job asks for it
 * @returns the request, and the first `problem` that makes it one that Batch must not or will not get
 */
export const buildJobRequest = ({
  feed,
  run,
  arrivals,
  stage,
  manifest,
}: {
  readonly feed: Feed;
  readonly run: Run;
  readonly arrivals: readonly Arrival[];
  readonly stage: string;
  readonly manifest: string | undefined;
}): { readonly request: JobRequest; readonly problem?: string } => {
  const job = feed.job.batch;
  const context = contextOf(run, arrivals, manifest);
  const rendering: Rendering = { render: (text) => renderValue(text, context), problems: [] };
  const parameters = renderParameters(job.parameters, rendering);
  const request: JobRequest = {
    jobName: jobNameOf(stage, run.key, run.generation),
    jobQueue: job.queue,
    jobDefinition: job.definition,
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    ...containerOverrides(job, rendering),
    ...(job.arraySize === undefined ? {} : { arrayProperties: { size: job.arraySize } }),
    ...(job.timeoutSeconds === undefined ? {} : { timeout: { attemptDurationSeconds: job.timeoutSeconds } }),
    ...retryStrategy(job),
    ...(job.shareIdentifier === undefined ? {} : { shareIdentifier: job.shareIdentifier }),
    ...(job.schedulingPriority === undefined ? {} : { schedulingPriorityOverride: job.schedulingPriority }),
    ...tagsOf(job, rendering),
  };
  const payloadBytes = Buffer.byteLength(JSON.stringify(request));
  if (payloadBytes > MAX_PAYLOAD_BYTES) {
    rendering.problems.push(
      `the request has ${payloadBytes} bytes; Batch takes ${MAX_PAYLOAD_BYTES}. Pass the files as {manifest}`,
    );
  }
  const [problem] = rendering.problems;
  return problem === undefined
    ? { request }
    : { request, problem: `Run ${runKeyId(run.key)} cannot be submitted: ${rendering.problems.join('; ')}` };
};
