/**
 * The last part of `npm run coverage`: sums up c8's report by room, prints it, and fails below the floor.
 *
 *     node test/coverage/by-room.mjs flow/producer    prints the lines of a room that no test has run
 *
 * Lines are those of `dist`, without comments, imports, exports and lines of brackets alone. A joined file has the
 * lines of many modules: a comment names the module before its first line. What runs in a browser is not counted.
 */
import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path/posix';
import { fileURLToPath } from 'node:url';

/** Percent of all lines that tests must run: a little under what was measured. */
const floor = 75;

const root = fileURLToPath(new URL('../..', import.meta.url));
const notCode = /^(import|export) .*\b(from|as)\b|^import "|^export \{/;

/** @returns {{ number: number, text: string }[]} lines that say something, and comments of two slashes. */
function codeLines(source) {
  let inComment = false;
  return source.split('\n').flatMap((text, i) => {
    const begins = inComment || text.trim().startsWith('/*');
    if (begins) inComment = !text.includes('*/');
    return begins || !/\w/.test(text) || notCode.test(text) ? [] : [{ number: i + 1, text }];
  });
}

/** @returns {{ room: string, place: string, hasRun: boolean }[]} one for each line. */
function linesOf(report) {
  const lines = [];
  for (const [path, { statementMap, s }] of Object.entries(report)) {
    const run = new Set(Object.keys(s).flatMap((id) => (s[id] > 0 ? [statementMap[id].start.line] : [])));
    const file = relative(root, path);
    let module = file;
    for (const { number, text } of codeLines(readFileSync(path, 'utf8'))) {
      module = /^\/\/ (dist\/\S+)$/.exec(text)?.[1] ?? module;
      if (text.trim().startsWith('//')) continue;
      const room = dirname(module.replace(/^dist\/(src\/)?/, ''));
      lines.push({ room, place: `${file}:${number}  ${text.trim()}`, hasRun: run.has(number) });
    }
  }
  return lines;
}

const text = readFileSync(new URL('../../coverage/coverage-final.json', import.meta.url), 'utf8');
const lines = linesOf(JSON.parse(text));
const [wanted] = process.argv.slice(2);
if (wanted === undefined) {
  const rooms = [...new Set(lines.map(({ room }) => room))].sort();
  const rows = [...rooms, 'all'].map((name) => {
    const of = lines.filter(({ room }) => name === 'all' || room === name);
    const run = of.filter(({ hasRun }) => hasRun).length;
    return { room: name, lines: of.length, run, percent: (100 * run) / of.length };
  });
  const right = (value, width) => String(value).padStart(width);
  for (const { room, lines, run, percent } of rows)
    console.log(`${room.padEnd(32)}${right(run, 6)} of ${right(lines, 6)} ${right(percent.toFixed(1), 6)} %`);
  if ((rows.at(-1)?.percent ?? 0) < floor) {
    console.error(`fewer lines than the floor: ${floor} % (test/coverage/by-room.mjs)`);
    process.exitCode = 1;
  }
} else {
  for (const { room, place, hasRun } of lines) if (room === wanted && !hasRun) console.log(place);
}
