/**
 * A dashboard as Grafana reads it, from its file: its panels' expressions, its variables, and how they are filled in.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @returns the path of the file. */
export function dashboardFile(uid: string): string {
  return fileURLToPath(new URL(`provisioning/dashboards/${uid}.json`, import.meta.url));
}

export interface PanelQuery {
  readonly panel: string;
  readonly legend: string;
  readonly expr: string;
}

interface File {
  panels: { title: string; targets?: { expr: string; legendFormat: string }[] }[];
  templating: { list: { name: string; type: string; allValue?: string; definition?: string }[] };
}

const read = (uid: string) => JSON.parse(readFileSync(dashboardFile(uid), 'utf8')) as File;

/** Every expression of every panel. */
export function panelQueries(uid: string): PanelQuery[] {
  return read(uid).panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({ panel: title, legend: legendFormat, expr })),
  );
}

/** The variables that list a label's values. */
export function labelVariables(
  uid: string,
): { name: string; all: string; selector: string; label: string }[] {
  return read(uid).templating.list.flatMap(({ name, type, allValue, definition }) => {
    if (type !== 'query') return [];
    const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(definition ?? '') ?? [];
    if (selector === undefined || label === undefined)
      throw new Error(`${name}: ${definition} is no label_values()`);
    return [{ name, all: allValue ?? '', selector, label }];
  });
}

/**
 * Put values in the place of variables, as Grafana does.
 * @throws Error when one is left over.
 */
export function fill(expr: string, values: Readonly<Record<string, string>>): string {
  return expr.replace(/\$(\w+)|\$\{(\w+)\}/g, (variable, plain?: string, braced?: string) => {
    const value = values[(plain ?? braced) as string];
    if (value === undefined) throw new Error(`${variable} in ${expr} has no value`);
    return value;
  });
}
