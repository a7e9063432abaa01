/** The service as `global-setup.ts` packaged it. */
import { readFile } from 'node:fs/promises';
import { inject } from 'vitest';
import { type PackagedService, readPackaged } from '../../bundle/packaging.ts';

export type TemplateResource = {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into it as far as they say
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
};

export type PackagedTemplate = {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs: Readonly<Record<string, unknown>>;
};

/** Reads the packaged service: its folder, and each function's zip, source map and metafile. */
export const packagedService = (): Promise<PackagedService> => readPackaged(inject('packagedIn'));

/** Reads the CloudFormation template of a packaged service. */
export const readTemplate = async ({ template }: PackagedService): Promise<PackagedTemplate> =>
  JSON.parse(await readFile(template, 'utf8'));
