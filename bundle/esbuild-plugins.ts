/** The plugins of serverless-esbuild. */
import type { Plugin } from 'esbuild';
import { configurationModule } from './configuration-module.ts';
import { slimSdk } from './slim-sdk.ts';
import { besideTheZip } from './source-maps.ts';

/** The plugins in their order, new for each build. */
export const esbuildPlugins = (): Plugin[] => [configurationModule(), slimSdk(), besideTheZip()];
