/** The workflow as a table for a terminal. Pure. */
import type { Configuration } from '../../configuration/configuration.ts';
import type { Feed } from '../../shared/feeds/feed.ts';
import { wrapText } from '../../shared/wrap-text.ts';
import { describeWhen } from './descriptions.ts';
import type { WorkflowGraph } from './workflow-graph.ts';

export const TABLE_WIDTH = 80;

const WHEN_WIDTH = 24;
const GAP = '  ';

const row = (cells: readonly string[], widths: readonly number[]): string[] => {
  const broken = cells.map((cell, index) => wrapText(cell, 0, widths[index]));
  const height = Math.max(...broken.map(({ length }) => length));

  return Array.from({ length: height }, (_, at) =>
    broken
      .map((cell, index) => (cell[at] ?? '').padEnd(widths[index] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
};

const waitsFor = (feed: Feed, { edges }: WorkflowGraph): string => {
  const incoming = edges.filter(({ to }) => to === feed.name);
  const texts = incoming.map(({ from, kind, label, optional }) => {
    const what = kind === 'feed' ? `${from}${label === '' ? '' : ` ${label}`}` : `${label} of ${from}`;
    return optional ? `${what} (optional)` : what;
  });
  const isTimed = feed.slots.some(({ kind }) => kind === 'time');

  return [...texts, ...(isTimed ? ['a time'] : [])].join(', ');
};

/** Writes the name, slots and times of all feeds. */
export const tableText = ({ feeds }: Configuration, graph: WorkflowGraph): string => {
  if (feeds.length === 0) {
    return 'There are no feeds';
  }
  const nameWidth = Math.min(28, Math.max(4, ...feeds.map(({ name }) => name.length)));
  const widths = [nameWidth, TABLE_WIDTH - nameWidth - WHEN_WIDTH - 2 * GAP.length, WHEN_WIDTH];

  return [
    ...row(['FEED', 'WAITS FOR', 'WHEN'], widths),
    ...feeds.flatMap((feed) => row([feed.name, waitsFor(feed, graph), describeWhen(feed).join(', ')], widths)),
  ].join('\n');
};
