/** The graph of a workflow: feeds, buckets, and the files that feeds write for each other. Pure. */

import type { Configuration } from '../../configuration/configuration.ts';
import type { KeyPattern } from '../../configuration/key-pattern.ts';
import { readOutput } from '../../configuration/outputs.ts';
import { createPatternIndex } from '../../configuration/pattern-index.ts';
import type { Feed, FileSlot } from '../../shared/feeds/feed.ts';
import { fileSlotsOf } from '../../shared/feeds/file-slots.ts';
import { describeOffset, describeWhen } from './descriptions.ts';

export type GraphNode = {
  readonly id: string;
  readonly kind: 'feed' | 'bucket';
  readonly label: string;
  readonly detail: string;
};

export type GraphEdge = {
  readonly from: string;
  readonly to: string;
  /** `files` from a bucket, the success of a `feed`, or the `output` that a feed writes. */
  readonly kind: 'files' | 'feed' | 'output';
  readonly label: string;
  readonly optional: boolean;
};

export type WorkflowGraph = { readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] };

const bucketId = (bucket: string): string => `s3://${bucket}`;

type Taker = { readonly to: Feed; readonly slot: FileSlot };

const outputEdges = (from: Feed, takersFor: (pattern: KeyPattern) => readonly Taker[]): GraphEdge[] =>
  from.outputs.flatMap((output) => {
    const read = readOutput(output, from);
    const takers = read.kind === 'problems' ? [] : read.patterns.flatMap(takersFor);
    return [...new Set(takers)].map(({ to, slot }) => ({
      from: from.name,
      to: to.name,
      kind: 'output' as const,
      label: slot.name,
      optional: slot.optional,
    }));
  });

const slotEdges = (feed: Feed): GraphEdge[] =>
  feed.slots.flatMap((slot): GraphEdge[] => {
    const end = { to: feed.name, optional: slot.optional };
    switch (slot.kind) {
      case 'files':
        return [{ ...end, from: bucketId(slot.template.bucket), kind: 'files', label: slot.name }];
      case 'feed':
        return [
          {
            ...end,
            from: slot.feed,
            kind: 'feed',
            label: slot.offset === undefined ? '' : describeOffset(slot.offset),
          },
        ];
      default:
        return [];
    }
  });

/** Merges the edges of one kind between the same two nodes. */
const merged = (edges: readonly GraphEdge[]): GraphEdge[] =>
  [...Map.groupBy(edges, ({ from, to, kind }) => JSON.stringify([from, to, kind])).values()].flatMap((same) => {
    const [first] = same;
    const labels = [...new Set(same.map(({ label }) => label))].filter((label) => label !== '');
    return first === undefined
      ? []
      : [{ ...first, label: labels.join(', '), optional: same.every(({ optional }) => optional) }];
  });

/** Builds the graph. */
export const graphOf = ({ feeds }: Configuration): WorkflowGraph => {
  const takers = feeds.flatMap((to) => fileSlotsOf(to).map((slot) => ({ to, slot })));
  const takersFor = createPatternIndex(takers, ({ slot }) => slot.template);
  const outputs = feeds.flatMap((feed) => outputEdges(feed, takersFor));
  const isMade = ({ to, label }: GraphEdge): boolean =>
    outputs.some((output) => output.to === to && output.label === label);
  // A file that another feed writes comes from that feed, and not from its bucket.
  const slots = feeds.flatMap(slotEdges).filter((edge) => edge.kind !== 'files' || !isMade(edge));
  const buckets = [...new Set(slots.flatMap(({ kind, from }) => (kind === 'files' ? [from] : [])))];

  return {
    nodes: [
      ...buckets.map((id): GraphNode => ({ id, kind: 'bucket', label: id.slice('s3://'.length), detail: 'bucket' })),
      ...feeds.map(
        (feed): GraphNode => ({
          id: feed.name,
          kind: 'feed',
          label: feed.name,
          detail: describeWhen(feed).join(' · '),
        }),
      ),
    ],
    edges: merged([...slots, ...outputs]),
  };
};
