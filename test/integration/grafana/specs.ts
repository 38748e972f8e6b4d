/**
 * What a dashboard is made of, as plain data: variables at its top, rows, panels, queries.
 */

export interface Query {
  readonly expr: string;
  readonly legend: string;
}

export interface PanelSpec {
  readonly title: string;
  /** The question that it answers. */
  readonly description: string;
  /** A unit of Grafana's. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Another unit, on an axis at the right, for curves whose name matches. */
  readonly right?: { readonly curves: string; readonly unit: string };
  /** Whether values may be negative. Default: the axis begins at 0. */
  readonly isSigned?: boolean;
}

export interface RowSpec {
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}

/** A choice among a label's values. */
export interface VariableSpec {
  readonly name: string;
  readonly title: string;
  /** Series whose values of the label are offered. */
  readonly of: string;
  readonly label: string;
  /** Whether one value is chosen, the first at the beginning. Default: several or all, at the beginning all. */
  readonly isSingle?: boolean;
}

export interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly VariableSpec[];
  readonly rows: readonly RowSpec[];
}
