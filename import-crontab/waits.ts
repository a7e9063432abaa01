/** Works out what a plan waits for: files, and marks that other plans set. */
import { type ClockOffset, sameOffset } from './known-text.ts';
import type { Plan } from './plan.ts';
import { type FolderMapping, type PathReading, templateOf } from './templates.ts';
import type { Remark } from './trace-events.ts';
import type { Awaited } from './triggers.ts';

type Template = PathReading & { readonly kind: 'template' };

export type FileWait = { readonly awaited: Awaited; readonly template: Template };

type FeedWait = {
  readonly plan: Plan;
  /** How many days the mark that is looked for lies from the day of the run, and that of the one who sets it. */
  readonly lookedForDays: number;
  readonly writtenDays: number;
};

/** The files and the feeds that a plan waits for. */
export type Waits = {
  readonly files: readonly FileWait[];
  readonly feeds: readonly FeedWait[];
  readonly remarks: readonly Remark[];
  /** Why no feed can wait for all of it. */
  readonly refusals: readonly string[];
};

export const daysOf = (offset: ClockOffset | undefined): number => (offset?.unit === 'dd' ? offset.amount : 0);

export type Writer = { readonly plan: Plan; readonly uri: string; readonly days: number };

export const writersOf = (plans: readonly Plan[], mappings: readonly FolderMapping[]): Writer[] =>
  plans.flatMap((plan) =>
    plan.writes.flatMap((path) => {
      const read = templateOf(path, mappings);
      return read.kind === 'template' && !read.uri.includes('*')
        ? [{ plan, uri: read.uri, days: daysOf(read.offset) }]
        : [];
    }),
  );

export const bindingCount = ({ template }: FileWait): number => template.units.length + template.captures.length;

/** Leaves out files that cannot be told to belong to the same run as the others. */
const matched = (waits: readonly FileWait[]): { readonly kept: FileWait[]; readonly questions: string[] } => {
  const [main] = waits.toSorted((one, other) => bindingCount(other) - bindingCount(one));
  const fits = (wait: FileWait): boolean =>
    main !== undefined &&
    (wait === main || (bindingCount(wait) > 0 && bindingCount(wait) === bindingCount(main))) &&
    sameOffset(wait.template.offset, main.template.offset);
  const questions = waits
    .filter((wait) => !fits(wait))
    .map(({ template }) => `it also waits for ${template.uri}, whose name does not tell the run that it belongs to`);

  return { kept: waits.filter(fits), questions };
};

/** Makes one of several looks at the same files. */
const merged = (waits: readonly FileWait[]): FileWait[] =>
  [...Map.groupBy(waits, ({ template }) => template.uri).values()].flatMap((same) => {
    const [first] = same;
    return first === undefined
      ? []
      : [
          {
            ...first,
            awaited: {
              ...first.awaited,
              min: Math.max(...same.map(({ awaited }) => awaited.min)),
              minBytes: Math.max(...same.map(({ awaited }) => awaited.minBytes)),
              isEach: same.some(({ awaited }) => awaited.isEach),
            },
          },
        ];
  });

const describeWait = (awaited: Awaited): string => `\`${awaited.how.split('\n')[0]}\``;

export const waitsOf = (plan: Plan, writers: readonly Writer[], mappings: readonly FolderMapping[]): Waits => {
  const reads = plan.awaited.map((awaited) => ({ awaited, read: templateOf(awaited.path, mappings) }));
  const templates = reads.flatMap(({ awaited, read }) =>
    read.kind === 'template' ? [{ awaited, template: read }] : [],
  );
  const writerOf = ({ template }: FileWait): Writer | undefined =>
    writers.findLast(({ plan: other, uri }) => uri === template.uri && other.name !== plan.name);
  const { kept, questions } = matched(merged(templates.filter((wait) => writerOf(wait) === undefined)));

  return {
    refusals: [...reads.flatMap(({ read }) => (read.kind === 'problem' ? [read.problem] : [])), ...questions],
    files: kept,
    feeds: templates.flatMap((wait) => {
      const writer = writerOf(wait);
      return writer === undefined
        ? []
        : [{ plan: writer.plan, lookedForDays: daysOf(wait.template.offset), writtenDays: writer.days }];
    }),
    remarks: [
      ...templates.flatMap(({ awaited, template }) => [...awaited.doubts, ...template.doubts]).map(doubt),
      ...templates.filter((wait) => writerOf(wait) !== undefined && bindingCount(wait) === 0).map(undatedMark),
      ...kept.flatMap(({ template }) => template.questions.map((text): Remark => ({ weight: 'decide', text }))),
      ...kept.flatMap(folderQuestion),
    ],
  };
};

const doubt = (text: string): Remark => ({ weight: 'doubt', text });

const undatedMark = ({ awaited }: FileWait): Remark =>
  doubt(`the mark that ${describeWait(awaited)} looks for has no date: it is taken for one of the same date`);

const folderQuestion = ({ awaited, template }: FileWait): Remark[] =>
  awaited.isFolder
    ? [
        {
          weight: 'unread',
          text: `it waits for a folder: which object below ${template.uri.replace(/\*$/, '')} says that all is there?`,
        },
      ]
    : [];
