/**
 * The process of one measurement. Its command line has the URL of the module that measures, and the task as JSON.
 * The figures go to standard output as JSON.
 */
import type { MeasuringModule } from './measuring.js';

const [module, task] = process.argv.slice(2) as [string, string];
const { measure } = (await import(module)) as MeasuringModule;
process.stdout.write(JSON.stringify(await measure(JSON.parse(task))));
