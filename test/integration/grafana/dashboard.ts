/**
 * A dashboard as Grafana reads it, built of what describes it: three panels side by side, variables at the top.
 */
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { DashboardSpec, PanelSpec, VariableSpec } from './specs.js';

/** Whatever Prometheus is chosen at the top. */
const datasource = { type: 'prometheus', uid: '$datasource' };

/** Of the 24 columns of Grafana's grid. */
const panelWidth = 8;
const panelHeight = 8;

/** @returns what Grafana reads from its file. */
export function buildDashboard({ uid, title, description, variables, rows }: DashboardSpec): Dashboard {
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['batchflow'])
    .time({ from: 'now-15m', to: 'now' })
    .refresh('5s')
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'));
  for (const variable of variables) dashboard.withVariable(variableOf(variable));
  let id = 0;
  for (const row of rows) {
    dashboard.withRow(new RowBuilder(row.title).id(++id));
    for (const spec of row.panels) dashboard.withPanel(panelOf(spec).id(++id));
  }
  return dashboard.build();
}

/** The values of a label; "All" also matches series without it. */
function variableOf({ name, title, of, label, isSingle = false }: VariableSpec): QueryVariableBuilder {
  const query = `label_values(${of}, ${label})`;
  const variable = new QueryVariableBuilder(name)
    .label(title)
    .datasource(datasource)
    .query({ query, refId: `${name} values` })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
  if (isSingle) return variable;
  return variable.multi(true).includeAll(true).allValue('.*').current({ text: 'All', value: '$__all' });
}

function panelOf(spec: PanelSpec): PanelBuilder {
  const { title, description, unit, queries, right, isSigned = false } = spec;
  const panel = new PanelBuilder()
    .title(title)
    .description(description)
    .datasource(datasource)
    .unit(unit)
    .span(panelWidth)
    .height(panelHeight)
    .lineWidth(1)
    .fillOpacity(10);
  if (!isSigned) panel.min(0);
  queries.forEach(({ expr, legend }, i) => {
    const refId = String.fromCharCode('A'.charCodeAt(0) + i);
    panel.withTarget(
      new DataqueryBuilder().refId(refId).datasource(datasource).expr(expr).range().legendFormat(legend),
    );
  });
  if (right !== undefined) {
    panel.overrideByRegexp(`/${right.curves}/`, [
      { id: 'unit', value: right.unit },
      { id: 'custom.axisPlacement', value: 'right' },
    ]);
  }
  return panel;
}
