/**
 * The pages on moving here: every name of ours in their tables exists, every name of the originals has a row, and every
 * test that is named exists.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { families } from '../../dist/src/metrics/prometheus/families.js';
import { batchFlow, batchMetricsCollector, goPipeline, goPipelineTests } from './their-names.js';

const root = resolve(import.meta.dirname, '../..');
const guide = join(root, 'docs', 'guide');
const read = (page: string) => readFileSync(join(guide, page), 'utf8');

/** The cells of each row of a page's tables; headings are left out. */
function rowsOf(page: string): string[][] {
  const lines = read(page).split('\n');
  const isRow = (line: string | undefined) => line?.startsWith('| ') === true;
  return lines
    .filter((line, i) => isRow(line) && lines[i + 1]?.startsWith('|---') !== true)
    .map((line) => line.slice(2, -2).split(' | '));
}

/** Names in code, without texts in quotes and numbers. */
function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) =>
    [...code.replaceAll(/'[^']*'/g, '').matchAll(/[A-Za-z_]\w*/g)].map(([name]) => name),
  );
}

/** What the package exports, everywhere, with the members of its types; and the names of its metrics. */
function ourNames(): Set<string> {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { types?: string }>;
  };
  const files = Object.values(exports).flatMap(({ types }) =>
    types === undefined ? [] : [join(root, types)],
  );
  const options = {
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
  };
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  const names = new Set<string>();
  const addMembers = (type: ts.Type) => {
    for (const part of type.isUnion() ? type.types : [type])
      for (const member of part.getProperties()) names.add(member.name);
  };
  for (const file of files) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile);
    for (const exported of checker.getExportsOfModule(module as ts.Symbol)) {
      names.add(exported.name);
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Class))
        addMembers(checker.getDeclaredTypeOfSymbol(symbol));
      if (symbol.flags & ts.SymbolFlags.Function) {
        const type = checker.getTypeOfSymbol(symbol);
        for (const { parameters } of type.getCallSignatures())
          for (const parameter of parameters) addMembers(checker.getTypeOfSymbol(parameter));
      }
    }
  }
  for (const { name } of families) names.add(`batchflow_${name}`);
  return names;
}

/** Words that stand for values. */
const words = ['true', 'false', 'null', 'undefined'];

describe('the pages on moving here', () => {
  const tables = [
    'migrating.md',
    'migrating/go-pipeline.md',
    'migrating/batchflow.md',
    'migrating/batch-metrics-collector.md',
  ];

  test('name nothing of ours that does not exist, and something in each row', () => {
    const known = ourNames();
    expect(known.size).toBeGreaterThan(500);
    let named = 0;
    for (const page of tables) {
      for (const [theirs = '', ours = '', difference = ''] of rowsOf(page)) {
        const names = namesIn(ours).filter((name) => !words.includes(name));
        expect([page, theirs, names.length]).not.toEqual([page, theirs, 0]);
        expect([page, theirs, names.filter((name) => !known.has(name))]).toEqual([page, theirs, []]);
        expect([page, theirs, difference.length > 0]).toEqual([page, theirs, true]);
        named += names.length;
      }
    }
    expect(named).toBeGreaterThan(150);
  });

  test.each([
    ['migrating/go-pipeline.md', goPipeline],
    ['migrating/batchflow.md', batchFlow],
    ['migrating/batch-metrics-collector.md', batchMetricsCollector],
    ['migrating/scenarios.md', goPipelineTests],
  ])('%s has a row for every name of theirs', (page, names) => {
    const rows = new Set(rowsOf(page).flatMap(([theirs = '']) => namesIn(theirs)));
    expect(
      names
        .trim()
        .split(/\s+/)
        .filter((name) => !rows.has(name)),
    ).toEqual([]);
  });

  test('name no test that does not exist', () => {
    let named = 0;
    for (const [, file, quoted] of read('migrating/scenarios.md').matchAll(
      /`(test\/[\w./-]+\.test\.ts)`((?:,? "[^"]+")*)/g,
    )) {
      const text = readFileSync(join(root, file as string), 'utf8');
      for (const [, title] of (quoted as string).matchAll(/"([^"]+)"/g)) {
        named++;
        expect([file, title, text.includes(title as string)]).toEqual([file, title, true]);
      }
    }
    expect(named).toBeGreaterThan(50);
  });
});
