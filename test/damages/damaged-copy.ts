/**
 * A copy of the project in a temporary folder, of which one file at a time is damaged. The developer's own `dist` stays
 * as it is.
 *
 * In the copy, each module of `dist` is a file of its own: a damage is one source file changed, and compiled alone.
 */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';
import { type Damage, damaged } from './damage.js';

const folders = ['src', 'workers', 'test', 'bench', 'build', 'docs', 'dist'];
const files = ['package.json', 'tsconfig.json', 'tsconfig.test.json', 'vitest.config.ts', 'README.md'];

/** @returns a module as the build compiles it, before it joins it with others. */
export function compiled(text: string, fileName: string): ts.TranspileOutput {
  return ts.transpileModule(text, {
    fileName,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      isolatedModules: true,
    },
  });
}

/** @returns source files of the package that the build compiles one by one, as paths from its root. */
export function sourcesOf(root: string): string[] {
  return ['src', 'workers'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /(?<!\.d)\.ts$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .filter((file) => !file.startsWith('src/live-page/') && !file.startsWith('src/types/'))
      .sort(),
  );
}

export class DamagedCopy {
  readonly root: string;
  /** Where the tests of this copy make their own temporary files. */
  readonly temporary: string;

  /** @param root an empty folder. */
  constructor(root: string, project: string) {
    this.root = root;
    this.temporary = join(root, 'tmp');
    for (const name of [...folders, ...files])
      cpSync(join(project, name), join(root, name), { recursive: true });
    symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'));
    // Servers of databases run as other users.
    mkdirSync(this.temporary);
    chmodSync(this.temporary, 0o777);
    const own = join(root, 'dist/src');
    for (const name of readdirSync(own)) if (/^joined-.*\.js$/.test(name)) rmSync(join(own, name));
    for (const file of sourcesOf(root)) this.#write(file, readFileSync(join(root, file), 'utf8'));
  }

  /** Run something while a damage is in the copy. */
  async with<T>(damage: Damage, run: () => Promise<T>): Promise<T> {
    const text = readFileSync(join(this.root, damage.file), 'utf8');
    this.#write(damage.file, damaged(text, damage));
    try {
      return await run();
    } finally {
      this.#write(damage.file, text);
    }
  }

  /** The sources stay as they are: some tests put faults of their own into them. */
  #write(file: string, text: string): void {
    writeFileSync(join(this.root, 'dist', file.replace(/\.ts$/, '.js')), compiled(text, file).outputText);
  }
}
