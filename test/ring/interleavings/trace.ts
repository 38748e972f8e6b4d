/**
 * A failed schedule of the ring as text: one line a step, with the names of the words.
 */
import { control, header, headerAt, isSealed, rowsOf } from '../../../dist/src/ring/layout.js';
import { operation, type Scenario, type Step, type Walk } from './scenario.js';

const operationNames = Object.keys(operation);
const headerNames = Object.entries(header);
const controlNames = Object.entries(control);
const eventCounts: readonly number[] = [control.WORK, control.ROOM, control.DONE];
const headerWords = headerAt(1) - headerAt(0);

/** What failed, and the steps that led to it. */
export function describeFailure(
  scenario: Scenario,
  blocks: number,
  failure: NonNullable<Walk['failure']>,
): string {
  const lines = failure.trace.map((step) => {
    const name = (scenario.threads[step.thread]?.name ?? '').padEnd(12);
    return `${name} ${describeStep(step, blocks)}`;
  });
  return [failure.message, ...lines].join('\n');
}

function describeStep(step: Step, blocks: number): string {
  const name = (operationNames[step.operation] ?? '').padEnd(15);
  switch (step.operation) {
    case operation.die:
      return name.trimEnd();
    default: {
      const word = wordName(step.index, blocks).padEnd(20);
      const result = shown(step.index, step.result, blocks);
      if (step.operation === operation.load || step.operation === operation.read)
        return `${name} ${word} = ${result}`;
      if (step.operation === operation.notify) return `${name} ${word} wakes ${result}`;
      const operand = shown(step.index, step.operand, blocks);
      return `${name} ${word} ${operand}${step.operand === step.result ? '' : ` was ${result}`}`;
    }
  }
}

function shown(index: number, word: number, blocks: number): string {
  const isHeader = index >= headerAt(0) && index < headerAt(blocks);
  const isPublished = isHeader && (index - headerAt(0)) % headerWords === header.PUBLISHED;
  return isPublished && isSealed(word) ? `${rowsOf(word)} SEALED` : String(word);
}

function wordName(index: number, blocks: number): string {
  if (index >= headerAt(blocks)) return `data[${index - headerAt(blocks)}]`;
  if (index >= headerAt(0)) {
    const block = Math.floor((index - headerAt(0)) / headerWords);
    const word = (index - headerAt(0)) % headerWords;
    return `block ${block} ${headerNames.find(([, at]) => at === word)?.[0]}`;
  }
  for (const [name, at] of controlNames) {
    if (at === index) return eventCounts.includes(at) ? `${name} epoch` : name;
    if (eventCounts.includes(at) && at + 1 === index) return `${name} sleepers`;
  }
  return `word ${index}`;
}
