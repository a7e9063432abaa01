/** The workflow as one HTML page that loads nothing from the network. Pure. */
import type { Configuration } from '../../configuration/configuration.ts';
import type { Feed } from '../../shared/feeds/feed.ts';
import { truncateText } from '../truncate.ts';
import type { Day, DayMark, DayRow } from './day.ts';
import { clockText, describeSlot, describeWhen } from './descriptions.ts';
import { NODE_HEIGHT, NODE_WIDTH, type PositionedEdge, type PositionedGraph, type PositionedNode } from './layout.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes the characters that HTML treats as markup. */
export const escapedHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

const round = (number: number): string => String(Math.round(number * 10) / 10);

/** The numbers of characters that fit into a node. */
const LABEL_LENGTH = 29;
const DETAIL_LENGTH = 34;

const nodeHtml = ({ id, kind, label, detail, x, y }: PositionedNode): string => {
  const href = kind === 'feed' ? ` href="#feed-${escapedHtml(id)}"` : '';
  const title = `${label}${detail === '' ? '' : `: ${detail}`}`;

  return [
    `<a class="node ${kind}" data-id="${escapedHtml(id)}"${href} tabindex="0" transform="translate(${round(x - NODE_WIDTH / 2)} ${round(y - NODE_HEIGHT / 2)})">`,
    `<title>${escapedHtml(title)}</title>`,
    `<rect width="${NODE_WIDTH}" height="${NODE_HEIGHT}" rx="${kind === 'feed' ? 6 : 20}"/>`,
    `<text x="12" y="18">${escapedHtml(truncateText(label, LABEL_LENGTH, '…'))}</text>`,
    `<text x="12" y="35" class="detail">${escapedHtml(truncateText(detail === '' ? 'when its slots are filled' : detail, DETAIL_LENGTH, '…'))}</text>`,
    '</a>',
  ].join('');
};

/** Draws a curve through the points that is horizontal at each of them. */
const pathOf = ({ points }: PositionedEdge): string =>
  points
    .map(({ x, y }, index) => {
      const before = points[index - 1];
      if (before === undefined) {
        return `M${round(x)} ${round(y)}`;
      }
      const middle = round((before.x + x) / 2);
      return `C${middle} ${round(before.y)} ${middle} ${round(y)} ${round(x)} ${round(y)}`;
    })
    .join('');

const edgeHtml = (edge: PositionedEdge): string => {
  const { from, to, kind, label, optional } = edge;
  const title = `${to} waits for ${kind === 'feed' ? from : `${label} of ${from}`}${optional ? ' (optional)' : ''}`;

  return `<path class="edge ${kind}${optional ? ' optional' : ''}" data-from="${escapedHtml(from)}" data-to="${escapedHtml(to)}" d="${pathOf(edge)}" marker-end="url(#arrow)"><title>${escapedHtml(title)}</title></path>`;
};

const graphHtml = ({ nodes, edges, width, height }: PositionedGraph): string =>
  [
    `<svg id="graph" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" width="${Math.ceil(width)}" height="${Math.ceil(height)}" role="group" aria-label="Dependencies">`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
    ...edges.map(edgeHtml),
    ...nodes.map(nodeHtml),
    '</svg>',
  ].join('\n');

const AXIS_LEFT = 250;
const AXIS_WIDTH = 1200;
const ROW_HEIGHT = 22;
const MINUTES_A_DAY = 1440;
const HOURS = [0, 3, 6, 9, 12, 15, 18, 21, 24];
/** More marks than these would overlap. */
const MAX_MARKS = 48;

const xOf = (minutes: number): number => AXIS_LEFT + (minutes / MINUTES_A_DAY) * AXIS_WIDTH;

const markHtml = (feed: string, { kind, minutes, date }: DayMark): string => {
  const title = `<title>${escapedHtml(`${feed} ${kind === 'due' ? 'is due' : 'starts'} at ${clockText(minutes)}, run of ${date}`)}</title>`;
  const x = xOf(minutes);

  return kind === 'due'
    ? `<path class="due" d="M${round(x)} 4l7 7l-7 7l-7 -7z">${title}</path>`
    : `<circle class="start" cx="${round(x)}" cy="11" r="5">${title}</circle>`;
};

const marksHtml = ({ feed, marks }: DayRow): string => {
  const starts = marks.filter(({ kind }) => kind === 'start');
  const [first, last] = [starts[0], starts.at(-1)];
  if (starts.length <= MAX_MARKS || first === undefined || last === undefined) {
    return marks.map((mark) => markHtml(feed, mark)).join('');
  }
  const text = `${starts.length} times from ${clockText(first.minutes)} to ${clockText(last.minutes)}`;
  const [from, to] = [xOf(first.minutes), xOf(last.minutes)];

  return [
    `<rect class="start" x="${round(from)}" y="5" width="${round(Math.max(to - from, 2))}" height="12" rx="6"><title>${escapedHtml(`${feed} starts ${text}`)}</title></rect>`,
    `<text class="count" x="${round((from + to) / 2)}" y="15">${starts.length} times</text>`,
    ...marks.filter(({ kind }) => kind === 'due').map((mark) => markHtml(feed, mark)),
  ].join('');
};

const rowHtml = (row: DayRow, index: number): string => {
  const clocks = row.marks
    .slice(0, 3)
    .map(({ kind, minutes }) => `${kind === 'due' ? 'due ' : ''}${clockText(minutes)}`);
  const more = row.marks.length > clocks.length ? ` and ${row.marks.length - clocks.length} more` : '';

  return [
    `<a class="row" data-id="${escapedHtml(row.feed)}" href="#feed-${escapedHtml(row.feed)}" transform="translate(0 ${(index + 1) * ROW_HEIGHT})">`,
    `<title>${escapedHtml(`${row.feed}: ${clocks.join(', ')}${more}`)}</title>`,
    `<rect class="band" width="${AXIS_LEFT + AXIS_WIDTH + 20}" height="${ROW_HEIGHT}"/>`,
    `<text x="8" y="15">${escapedHtml(truncateText(row.feed, LABEL_LENGTH, '…'))}</text>`,
    marksHtml(row),
    '</a>',
  ].join('');
};

const dayHtml = ({ rows, others, date, timeZone }: Day): string => {
  const height = (rows.length + 1) * ROW_HEIGHT + 8;
  const lines = HOURS.map(
    (hour) =>
      `<line x1="${xOf(hour * 60)}" x2="${xOf(hour * 60)}" y1="${ROW_HEIGHT}" y2="${height}"/><text class="hour" x="${xOf(hour * 60)}" y="15">${clockText(hour * 60)}</text>`,
  );
  const rest =
    others.length === 0
      ? ''
      : `<p>${others.length} feeds have no start time or due time on this day: they start when their slots are filled.</p>`;

  return [
    `<h2>${escapedHtml(`The day ${date}, ${timeZone}`)}</h2>`,
    '<p class="legend"><span class="start">●</span> starts at this time <span class="due">◆</span> is due</p>',
    `<div class="scroll"><svg id="day" viewBox="0 0 ${AXIS_LEFT + AXIS_WIDTH + 30} ${height}" width="${AXIS_LEFT + AXIS_WIDTH + 30}" height="${height}" role="group" aria-label="The day as a time line">`,
    ...lines,
    ...rows.map(rowHtml),
    '</svg></div>',
    rest,
  ].join('\n');
};

const feedHtml = (feed: Feed): string => {
  const { batch } = feed.job;
  const slots = feed.slots.map(
    (slot) =>
      `<li><b>${escapedHtml(slot.name)}</b> ${escapedHtml(describeSlot(slot))}${slot.optional ? ' (optional)' : ''}</li>`,
  );

  return [
    `<tr id="feed-${escapedHtml(feed.name)}" data-id="${escapedHtml(feed.name)}">`,
    `<th scope="row">${escapedHtml(feed.name)}</th>`,
    `<td><ul>${slots.join('')}</ul></td>`,
    `<td>${escapedHtml(describeWhen(feed).join(', '))}</td>`,
    `<td>${escapedHtml(feed.timeZone)}</td>`,
    `<td>${escapedHtml(`${batch.definition} in ${batch.queue}`)}</td>`,
    '</tr>',
  ].join('');
};

const feedsHtml = (feeds: readonly Feed[]): string =>
  [
    '<h2>Feeds</h2>',
    '<div class="scroll"><table><thead><tr><th scope="col">Feed</th><th scope="col">Waits for</th><th scope="col">When</th><th scope="col">Zone</th><th scope="col">Job</th></tr></thead><tbody>',
    ...feeds.map(feedHtml),
    '</tbody></table></div>',
  ].join('\n');

/** The browser runs the style and script of the page, and loads nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/** Writes the page. */
export const pageHtml = ({ feeds }: Configuration, graph: PositionedGraph, day: Day): string =>
  [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<title>Workflow</title>',
    `<style>${PAGE_STYLE}</style>`,
    '</head>',
    '<body>',
    '<header>',
    `<h1>Workflow <small>${feeds.length} feeds</small></h1>`,
    '<label for="search">Search <kbd>/</kbd></label>',
    '<input id="search" type="search" autocomplete="off" placeholder="feed, bucket, queue">',
    '<output id="found" for="search" aria-live="polite"></output>',
    '<span class="zoom"><button type="button" id="smaller" aria-label="Smaller">−</button><button type="button" id="larger" aria-label="Larger">+</button><button type="button" id="fit">Fit</button></span>',
    '</header>',
    '<main>',
    '<h2>Dependencies</h2>',
    '<p>Dashed: files that the job of another feed writes. Dotted: optional.</p>',
    `<div class="scroll" id="plane">${graphHtml(graph)}</div>`,
    dayHtml(day),
    feedsHtml(feeds),
    '</main>',
    `<script>${PAGE_SCRIPT}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
