/**
 * The modules that a program loads: ES modules as Node's own hooks see them, and those that are required.
 */
import { run } from './installed-package.js';

const hooks = `
  let port;
  export const initialize = (data) => { port = data; };
  export const load = (url, context, next) => { port.postMessage(url); return next(url, context); };
`;

/**
 * @param text the body of an ES module.
 * @returns the modules as paths below the folder's `node_modules`; of other packages the package's name alone.
 */
export function loadedBy(folder: string, text: string): string[] {
  const { stdout, stderr } = run(
    folder,
    `import { createRequire, register } from 'node:module';
    import { receiveMessageOnPort, MessageChannel } from 'node:worker_threads';
    const { port1, port2 } = new MessageChannel();
    const hooks = 'data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)});
    register(hooks, { data: port2, transferList: [port2] });
    await (async () => { ${text} })();
    const urls = Object.keys(createRequire(import.meta.url).cache);
    for (let got = receiveMessageOnPort(port1); got; got = receiveMessageOnPort(port1)) urls.push(got.message);
    console.log(JSON.stringify(urls));
    process.exit();`,
  );
  if (stderr !== '') throw new Error(stderr);
  const urls = JSON.parse(stdout.trim().split('\n').at(-1) as string) as string[];
  const names = urls.flatMap((url) => {
    const path = /.*\/node_modules\/(.*)/.exec(url)?.[1];
    if (path === undefined) return [];
    return path.startsWith('batchflow-threads/') ? path : (/^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  });
  return [...new Set(names)].sort();
}
