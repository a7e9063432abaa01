/** The shape of a feed: its slots and its job. */
import * as z from 'zod';
import { FARGATE_PAIRS } from '../shared/placement/fargate-pairs.ts';
import type { UserFeed, UserFeedSlot, UserFileSlot, UserSlot, UserTimeSlot } from './define-feed.ts';
import { flag, strict, text, texts, wholeNumber } from './schema-fields.ts';
import { valueAt } from './setting-path.ts';
import { closest } from './suggestion.ts';

const fileSlot = strict({
  files: text,
  min: wholeNumber(1).optional(),
  optional: flag.optional(),
  minBytes: wholeNumber(0).optional(),
  marker: flag.optional(),
}) satisfies z.ZodType<UserFileSlot>;

const SLOTS = {
  files: fileSlot,
  feed: strict({
    feed: text,
    offset: text.optional(),
    all: z.array(text, 'must be a list of captures').optional(),
    optional: flag.optional(),
  }) satisfies z.ZodType<UserFeedSlot>,
  at: strict({ at: text }) satisfies z.ZodType<UserTimeSlot>,
} as const;

const isSlotKind = (key: string): key is keyof typeof SLOTS => Object.hasOwn(SLOTS, key);

/**
 * Lists the kinds of a slot by its keys; else the kind that a misspelt key was probably meant to
 * be.
 */
const slotKinds = (value: unknown): (keyof typeof SLOTS)[] => {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const written = keys.filter((key) => valueAt(value, [key]) !== undefined).filter(isSlotKind);
  const meant = keys.flatMap((key) => closest(key, Object.keys(SLOTS)) ?? []).filter(isSlotKind);

  return written.length > 0 ? written : meant.slice(0, 1);
};

/** A union that reports only the problems of the kind that the user meant. */
const slot = z.unknown().transform((value, context): UserSlot => {
  const [kind, another] = slotKinds(value);
  if (kind === undefined || another !== undefined) {
    const found = another === undefined ? '' : `, not both ${kind} and ${another}: write two slots`;
    context.addIssue({
      code: 'custom',
      message: `must have one of files (a template), feed (the name of another feed) or at (a time)${found}`,
    });
    return z.NEVER;
  }
  const read = SLOTS[kind].safeParse(value);
  if (read.success) {
    return read.data;
  }
  context.issues.push(...read.error.issues.map((issue) => ({ ...issue, input: undefined })));
  return z.NEVER;
});

const exitRule = strict({
  action: z.enum(['RETRY', 'EXIT'], 'must be RETRY or EXIT'),
  onStatusReason: text.optional(),
  onReason: text.optional(),
  onExitCode: text.optional(),
});

const FARGATE_VCPUS: readonly number[] = Array.from(new Set(FARGATE_PAIRS.map((pair) => pair.vcpus)));

const VCPUS = `must be one of ${FARGATE_VCPUS.join(', ')} (Fargate) or a whole number (EC2)`;

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_JobTimeout.html */
const MAX_INT32 = 2_147_483_647;

const batchJob = strict({
  queue: text,
  definition: text,
  parameters: texts.optional(),
  command: z.array(text, 'must be a list of strings').optional(),
  environment: texts.optional(),
  resources: strict({
    vcpus: z
      .number(VCPUS)
      .refine((vcpus) => FARGATE_VCPUS.includes(vcpus) || (Number.isSafeInteger(vcpus) && vcpus > 0), VCPUS)
      .optional(),
    memoryMiB: wholeNumber(4).optional(),
    gpus: wholeNumber(1).optional(),
  }).optional(),
  arraySize: wholeNumber(2, 10_000).optional(),
  timeoutSeconds: wholeNumber(60, MAX_INT32).optional(),
  retry: strict({
    attempts: wholeNumber(1, 10),
    evaluateOnExit: z.array(exitRule, 'must be a list of rules').max(5, 'must have at most 5 rules').optional(),
  }).optional(),
  shareIdentifier: text.optional(),
  schedulingPriority: wholeNumber(0, 9999).optional(),
  tags: texts.optional(),
  propagateTags: flag.optional(),
});

export const feed = strict({
  name: text,
  slots: z.record(z.string(), slot, 'must be an object of slots'),
  job: strict({ batch: batchJob }),
  onOverwrite: z.enum(['ignore', 'alert', 'rerun'], 'must be ignore, alert or rerun').optional(),
  outputs: z.array(text, 'must be a list of S3 URIs').optional(),
  tell: z
    .array(z.enum(['started', 'succeeded'], 'must be started or succeeded'), 'must be a list of started and succeeded')
    .optional(),
  timeZone: text.optional(),
  calendar: text.optional(),
  due: text.optional(),
  cutOff: text.optional(),
  since: text.optional(),
  lookback: wholeNumber(0, 60).optional(),
  ahead: wholeNumber(0, 366).optional(),
  remindEvery: text.optional(),
  catchUp: z.enum(['latest', 'all'], 'must be latest or all').optional(),
  values: z
    .record(z.string(), z.array(text, 'must be a list of strings'), 'must be an object of lists of strings')
    .optional(),
  shadow: flag.optional(),
}) satisfies z.ZodType<UserFeed>;
