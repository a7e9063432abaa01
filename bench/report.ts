/** The report of a run of all measurements, as data and as a page. */
import type { Figure, Measured } from './figures.ts';

/** The figures of one measurement, and its duration. */
export type Measurement = { readonly name: string; readonly seconds: number; readonly figures: readonly Figure[] };

/** The machine and the versions of the measurements. */
export type Surroundings = {
  readonly at: string;
  readonly commit: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
};

export type Report = Surroundings & { readonly measurements: readonly Measurement[] };

const DIGITS = 3;

/** Writes a number with its significant digits. */
const shown = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString('en-US') : Number(value.toPrecision(DIGITS)).toLocaleString('en-US');

/** Computes the ratio of a value to its limit. */
export const ratioOf = ({ value, limit }: Measured): number | undefined => (limit === 0 ? undefined : value / limit);

const cellsOf = (measured: Measured | undefined): readonly string[] => {
  if (measured === undefined) {
    return ['', '', ''];
  }
  const { value, limit, unit, isMinimum = false } = measured;
  const ratio = ratioOf(measured);
  return [
    `${shown(value)} ${unit}`,
    `at ${isMinimum ? 'least' : 'most'} ${shown(limit)}`,
    ratio === undefined ? '' : shown(ratio),
  ];
};

const escaped = (text: string): string => text.replaceAll('|', '\\|');

const sectionOf = ({ name, seconds, figures }: Measurement): string =>
  [
    `## ${name}`,
    '',
    `Took ${seconds.toFixed(0)} s.`,
    '',
    '| figure | value | limit | ratio to it | kept |',
    '| --- | --- | --- | --- | --- |',
    ...figures.map(
      ({ what, isKept, measured }) =>
        `| ${[escaped(what), ...cellsOf(measured), isKept ? 'yes' : '**no**'].join(' | ')} |`,
    ),
  ].join('\n');

const listOf = (entries: Readonly<Record<string, string>>): string =>
  Object.entries(entries)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

/** Counts the figures beyond their limit. */
export const missedIn = ({ measurements }: Pick<Report, 'measurements'>): number =>
  measurements.flatMap(({ figures }) => figures).filter(({ isKept }) => !isKept).length;

/** Writes the report as a page. */
export const pageOf = (report: Report): string => {
  const count = report.measurements.flatMap(({ figures }) => figures).length;
  const missed = missedIn(report);
  return `${[
    '# Measurements',
    `${report.at}, commit ${report.commit}. ${count} figures, ${missed === 0 ? 'all within their limits' : `${missed} beyond their limits`}.`,
    `Machine: ${listOf(report.machine)}.`,
    `Versions: ${listOf(report.versions)}.`,
    ...report.measurements.map(sectionOf),
  ].join('\n\n')}\n`;
};
