/** Fills in what is sent to `SubmitJob` for one run. */
import { byText } from '../by-text.ts';
import type { BatchJob, Feed } from '../feeds/feed.ts';
import { placeholdersOf, type RenderContext, readValue, renderValue } from '../feeds/render.ts';
import { runKeyId } from '../feeds/run-key.ts';
import { tagProblems } from '../jobs/tag-problems.ts';
import { jobNameOf } from './job-name.ts';
import type { Arrival, JobRequest, Run } from './run.ts';

/**
 * The bytes that a request to Batch has at most.
 *
 * @see https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html
 */
export const MAX_REQUEST_BYTES = 30 * 1_024;

/** Whether the job gets a manifest. */
export const needsManifest = (feed: Feed): boolean => placeholdersOf(feed.job).manifest;

/** Whether the job cannot be described without the arrivals themselves. */
export const needsArrivals = (feed: Feed): boolean => {
  const { manifest, files } = placeholdersOf(feed.job);
  return manifest || files;
};

/**
 * Names the object that lists the files of a run.
 *
 * @param owner - the process that is about to claim the run. No other process writes to this key: one that has read the run while it changed would list
 *   files that were never claimed, and one whose claim fails afterwards must not have changed the manifest of another's job
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
    .sort((one, other) => (one.slot === other.slot ? byText(one.uri, other.uri) : byText(one.slot, other.slot)))
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');

type Rendering = { readonly render: (text: string) => string | undefined; readonly problems: string[] };

const renderRecord = (record: Readonly<Record<string, string>>, { render }: Rendering): Record<string, string> =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, text]) => {
      const value = render(text);
      // The value of an optional slot's file that did not come is left out.
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** A container gets its arguments and its environment as texts that a NUL character ends. */
const refuseNul = (place: string, value: string, { problems }: Rendering): void => {
  if (value.includes('\0')) {
    problems.push(`${place} has a NUL character, which no container takes`);
  }
};

const references = (text: string): number => text.split('Ref::').length;

/** Refuses what would make data into an instruction: an option of the program, or a placeholder of Batch. */
const refuseInstruction = (place: string, text: string, value: string, { problems }: Rendering): void => {
  if (value.startsWith('-') && !text.startsWith('-')) {
    problems.push(`${place} became '${value}', which a program would read as an option`);
  }
  if (references(value) > references(text)) {
    problems.push(`${place} became '${value}', in which Batch would substitute a parameter`);
  }
};

/** A parameter stands where the job definition says `Ref::name`: mostly an argument of a program. */
const renderParameters = (parameters: BatchJob['parameters'], rendering: Rendering): Record<string, string> => {
  const values = renderRecord(parameters, rendering);
  for (const [name, value] of Object.entries(values)) {
    refuseInstruction(`the parameter ${name}`, parameters[name] ?? '', value, rendering);
    refuseNul(`the parameter ${name}`, value, rendering);
  }
  return values;
};

const renderCommand = (command: readonly string[], rendering: Rendering): string[] =>
  command.map((text) => {
    const value = rendering.render(text) ?? '';
    const place = `the command element '${text}'`;
    if (value === '') {
      rendering.problems.push(`${place} is empty, which Batch does not take`);
    }
    refuseInstruction(place, text, value, rendering);
    refuseNul(place, value, rendering);
    return value;
  });

const renderEnvironment = (environment: BatchJob['environment'], rendering: Rendering) =>
  Object.entries(renderRecord(environment, rendering)).map(([name, value]) => {
    refuseNul(`the environment variable ${name}`, value, rendering);
    return { name, value };
  });

const resourceRequirements = ({ vcpus, memoryMiB, gpus }: BatchJob['resources']) => [
  ...(vcpus === undefined ? [] : [{ type: 'VCPU' as const, value: String(vcpus) }]),
  ...(memoryMiB === undefined ? [] : [{ type: 'MEMORY' as const, value: String(memoryMiB) }]),
  ...(gpus === undefined ? [] : [{ type: 'GPU' as const, value: String(gpus) }]),
];

const containerOverrides = (job: BatchJob, rendering: Rendering): Pick<JobRequest, 'containerOverrides'> => {
  const environment = renderEnvironment(job.environment, rendering);
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
    rendering.problems.push(...tagProblems(name, value).map((problem) => `the tag ${name}: ${problem}`));
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

const requestOf = (job: BatchJob, jobName: string, rendering: Rendering): JobRequest => {
  const parameters = renderParameters(job.parameters, rendering);

  return {
    jobName,
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
};

/** Counts the bytes that are sent. */
export const requestBytes = (request: JobRequest): number => Buffer.byteLength(JSON.stringify(request));

/** Fills in nothing, and leaves out what might be left out. */
const renderLeast = (text: string): string | undefined => {
  const { parts } = readValue(text);
  const [only, ...others] = parts;

  return only?.kind === 'file' && others.length === 0
    ? undefined
    : parts.map((part) => (part.kind === 'literal' ? part.text : '')).join('');
};

/** Counts the bytes that the request of every run of a feed has at least, in any stage and whatever its placeholders stand for. */
export const leastRequestBytes = (feed: Feed): number => {
  const jobName = jobNameOf('x', { feed: feed.name, values: {} }, 1);

  return requestBytes(requestOf(feed.job.batch, jobName, { render: renderLeast, problems: [] }));
};

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
  const request = requestOf(job, jobNameOf(stage, run.key, run.generation), rendering);
  const payloadBytes = requestBytes(request);
  if (payloadBytes > MAX_REQUEST_BYTES) {
    rendering.problems.push(
      `the request has ${payloadBytes} bytes; Batch takes ${MAX_REQUEST_BYTES}. Pass the files as {manifest}`,
    );
  }
  const [problem] = rendering.problems;
  return problem === undefined
    ? { request }
    : { request, problem: `Run ${runKeyId(run.key)} cannot be submitted: ${rendering.problems.join('; ')}` };
};
