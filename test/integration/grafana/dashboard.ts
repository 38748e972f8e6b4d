/**
 * The dashboard `batchflow-performance`, built of `panels.ts`: three panels side by side, variables at the top.
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
import { type PanelSpec, rows } from './panels.js';

/** Whatever Prometheus is chosen at the top. */
const datasource = { type: 'prometheus', uid: '$datasource' };

/** Of the 24 columns of Grafana's grid. */
const panelWidth = 8;
const panelHeight = 8;

/** @returns what Grafana reads from its file. */
export function buildDashboard(): Dashboard {
  const dashboard = new DashboardBuilder('BatchFlow performance')
    .uid('batchflow-performance')
    .description('What flows of BatchFlow Threads take in, hold, write, retry and give up.')
    .tags(['batchflow'])
    .time({ from: 'now-15m', to: 'now' })
    .refresh('5s')
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(labelVariable('flow', 'Flow', 'batchflow_events_total'))
    .withVariable(labelVariable('test_name', 'Test', 'batchflow_events_total{flow=~"$flow"}'));
  let id = 0;
  for (const { title, panels } of rows) {
    dashboard.withRow(new RowBuilder(title).id(++id));
    for (const spec of panels) dashboard.withPanel(panelOf(spec).id(++id));
  }
  return dashboard.build();
}

/** The values of a label, several at once; "All" also matches series without it. */
function labelVariable(name: string, label: string, of: string): QueryVariableBuilder {
  const query = `label_values(${of}, ${name})`;
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query({ query, refId: `${name} values` })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all' });
}

function panelOf({ title, description, unit, queries, right }: PanelSpec): PanelBuilder {
  const panel = new PanelBuilder()
    .title(title)
    .description(description)
    .datasource(datasource)
    .unit(unit)
    .min(0)
    .span(panelWidth)
    .height(panelHeight)
    .lineWidth(1)
    .fillOpacity(10);
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
